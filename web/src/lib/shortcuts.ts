/** Keys: single signs, or two after each other ("g o"); never while somebody is typing. */
import { useEffect, useRef } from "react";

export interface Shortcut {
  keys: string;
  says: string;
  run: () => void;
  /** Shown in the list under this heading. */
  group: string;
}

const there: Shortcut[][] = [];
const SECOND_KEY_MS = 1200;
let first = "";
let firstAt = 0;

export const shortcuts = (): Shortcut[] => there.flat();

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return true;
  return false;
}

function keyOf(event: KeyboardEvent): string {
  if (event.key === " ") return "Space";
  return event.key;
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target))
    return;
  // A dialog asks its own question; no key may answer another one behind it.
  if (document.querySelector("dialog[open]")) return;
  const key = keyOf(event);
  // Space and Enter press the button that has the focus.
  const onButton =
    event.target instanceof HTMLElement && event.target.closest("button, a, summary");
  if (onButton && (key === "Space" || key === "Enter")) return;
  const pair = event.timeStamp - firstAt < SECOND_KEY_MS ? `${first} ${key}` : "";
  first = key;
  firstAt = event.timeStamp;
  // The component that came last is asked first.
  const found = shortcuts()
    .reverse()
    .find((each) => each.keys === pair || each.keys === key);
  if (!found) return;
  event.preventDefault();
  first = "";
  found.run();
}

/** Have these keys work while the component is there. */
export function useShortcuts(mine: Shortcut[]): void {
  const latest = useRef(mine);
  latest.current = mine;
  const names = mine.map((each) => each.keys).join();
  useEffect(() => {
    const bound = latest.current.map((each, at) => ({
      ...each,
      run: () => latest.current[at]?.run(),
    }));
    if (!there.length) document.addEventListener("keydown", onKey);
    there.push(bound);
    return () => {
      there.splice(there.indexOf(bound), 1);
      if (!there.length) document.removeEventListener("keydown", onKey);
    };
  }, [names]);
}
