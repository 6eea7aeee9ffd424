/** The page's one store: the socket hands messages in, components take what they show out. */
import { useRef, useSyncExternalStore } from "react";

import type { Message } from "../api/shapes";
import { reduce } from "./reducer";
import { EMPTY, type Link, type Live } from "./state";

let live: Live = EMPTY;
let waiting: Message[] = [];
let planned = false;
const ears = new Set<() => void>();

// A hidden page gets no frames; it folds once a second so that its backlog stays small.
const HIDDEN_MS = 1000;

function plan(): void {
  if (planned) return;
  planned = true;
  if (document.hidden) setTimeout(flush, HIDDEN_MS);
  else requestAnimationFrame(flush);
}

function flush(): void {
  planned = false;
  if (!waiting.length) return;
  const messages = waiting;
  waiting = [];
  set(reduce(live, messages, performance.now()));
}

function set(next: Live): void {
  live = next;
  for (const ear of ears) ear();
}

export const store = {
  take(messages: readonly Message[]): void {
    for (const message of messages) waiting.push(message);
    plan();
  },
  /** Fold at once what has been heard, so that `since` is the truth. */
  settle: flush,
  link(link: Link): void {
    if (live.link !== link) set({ ...live, link });
  },
  forget(): void {
    waiting = [];
    set(EMPTY);
  },
  now: (): Live => live,
};

function listen(ear: () => void): () => void {
  ears.add(ear);
  return () => ears.delete(ear);
}

/** Show a part of what the desk says; drawn again only when that part is another value. */
export function useLive<Part>(pick: (live: Live) => Part): Part {
  return useSyncExternalStore(listen, () => pick(live));
}

/** As useLive for a part that is made anew on each look, e.g. a filtered list of rows. */
export function useLiveList<Row>(pick: (live: Live) => readonly Row[]): readonly Row[] {
  const last = useRef<{ live: Live; pick: unknown; rows: readonly Row[] } | null>(null);
  return useSyncExternalStore(listen, () => {
    const held = last.current;
    if (held && held.live === live && held.pick === pick) return held.rows;
    const rows = pick(live);
    const same =
      held && held.rows.length === rows.length && rows.every((row, at) => row === held.rows[at]);
    last.current = { live, pick, rows: same ? held.rows : rows };
    return last.current.rows;
  });
}

/** The desk's time in nanoseconds, a few times a second, also while nothing else is news. */
export function deskNow(state: Live = live): number {
  if (!state.vitals) return Date.now() * 1e6;
  const passed = Math.min(performance.now() - state.vitalsAt, 2000);
  return state.vitals.now_ns + passed * 1e6 * (state.vitals.speed || 1);
}

const ticking = new Set<() => void>();
let beat: ReturnType<typeof setInterval> | null = null;
let beats = 0;

function listenToBeat(ear: () => void): () => void {
  ticking.add(ear);
  beat ??= setInterval(() => {
    beats += 1;
    for (const each of ticking) each();
  }, 1000);
  return () => {
    ticking.delete(ear);
    if (!ticking.size && beat) {
      clearInterval(beat);
      beat = null;
    }
  };
}

/** Draw again every second: for ages. One timer for the whole page. */
export function useSeconds(): void {
  useSyncExternalStore(listenToBeat, () => beats);
}
