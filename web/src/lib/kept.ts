/** Small things that the browser keeps for its reader: a list of words under a name. */
import { useSyncExternalStore } from "react";

const ears = new Set<() => void>();
const held = new Map<string, readonly string[]>();

function read(name: string): readonly string[] {
  const known = held.get(name);
  if (known) return known;
  let found: unknown = [];
  try {
    found = JSON.parse(localStorage.getItem(name) ?? "[]");
  } catch {
    // Nothing readable is kept: then nothing is.
  }
  const words = Array.isArray(found)
    ? found.filter((each): each is string => typeof each === "string")
    : [];
  held.set(name, words);
  return words;
}

function listen(ear: () => void): () => void {
  const elsewhere = (event: StorageEvent): void => {
    if (event.key === null) held.clear();
    else held.delete(event.key);
    ear();
  };
  ears.add(ear);
  window.addEventListener("storage", elsewhere);
  return () => {
    ears.delete(ear);
    window.removeEventListener("storage", elsewhere);
  };
}

/** The list kept under a name, and how to put a word into it or take it out. */
export function useKept(name: string): [words: readonly string[], flip: (word: string) => void] {
  const words = useSyncExternalStore(listen, () => read(name));
  const flip = (word: string): void => {
    const next = words.includes(word) ? words.filter((each) => each !== word) : [...words, word];
    held.set(name, next);
    try {
      localStorage.setItem(name, JSON.stringify(next));
    } catch {
      // A browser that keeps nothing has the list for this visit.
    }
    for (const ear of ears) ear();
  };
  return [words, flip];
}

export const WATCH_LIST = "tradewind.watch-list";
