/** The page's one socket: it comes back by itself and asks only for what it missed. */
import { useEffect } from "react";

import type { Message } from "../api/shapes";
import { store } from "./store";

export interface Watched {
  instrument: string;
  interval: string;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8_000;
// The desk speaks twice a second; a line that is silent this long is dead, whatever the system says.
const SILENCE_MS = 8_000;
const MOST_WATCHED = 4;

let socket: WebSocket | null = null;
let wanted = false;
let wait = FIRST_WAIT_MS;
let again: ReturnType<typeof setTimeout> | null = null;
let silence: ReturnType<typeof setTimeout> | null = null;
let watched: Watched[] = [];

function address(): string {
  store.settle();
  const { since, whole } = store.now();
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  // Half a snapshot has gaps that no number shows: then everything is asked for again.
  return `${scheme}//${location.host}/ws${whole && since > 0 ? `?since=${since}` : ""}`;
}

function open(): void {
  again = null;
  if (!wanted || socket) return;
  store.link(store.now().whole ? "lost" : "connecting");
  const opened = new WebSocket(address());
  socket = opened;
  opened.onmessage = (event) => hear(opened, String(event.data));
  opened.onopen = () => {
    wait = FIRST_WAIT_MS;
    listenForSilence(opened);
    sayWatched();
  };
  opened.onclose = () => lost(opened);
}

function hear(from: WebSocket, text: string): void {
  if (from !== socket) return;
  listenForSilence(from);
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    from.close();
    return;
  }
  const messages = (Array.isArray(told) ? told : [told]) as Message[];
  store.link("open");
  store.take(messages);
  if (messages.some((message) => (message.type as string) === "ping")) from.send('{"type":"pong"}');
}

function listenForSilence(of: WebSocket): void {
  if (silence) clearTimeout(silence);
  silence = setTimeout(() => {
    of.close();
    lost(of);
  }, SILENCE_MS);
}

function lost(closed: WebSocket): void {
  if (closed !== socket) return;
  socket = null;
  if (silence) clearTimeout(silence);
  if (!wanted) return;
  store.link("lost");
  // Many pages that come back at once must not do so in step.
  again = setTimeout(open, wait * (0.75 + Math.random() / 2));
  wait = Math.min(wait * 2, LONGEST_WAIT_MS);
}

function sayWatched(): void {
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ type: "watch", instruments: watched.slice(-MOST_WATCHED) }));
}

/** Hear the desk while a signed-in page is there. */
export function connect(): () => void {
  wanted = true;
  const now = (): void => {
    if (!wanted || socket) return;
    if (again) clearTimeout(again);
    wait = FIRST_WAIT_MS;
    open();
  };
  // Coming back to a phone's page or network is the moment to try again, not some seconds later.
  window.addEventListener("online", now);
  document.addEventListener("visibilitychange", now);
  open();
  return () => {
    wanted = false;
    window.removeEventListener("online", now);
    document.removeEventListener("visibilitychange", now);
    if (again) clearTimeout(again);
    const closing = socket;
    socket = null;
    closing?.close();
    store.forget();
  };
}

/** Have the book, the trades and the candles of an instrument sent while the component is there. */
export function useWatch(instrument: string | undefined, interval = "1m"): void {
  useEffect(() => {
    if (!instrument) return undefined;
    const mine: Watched = { instrument, interval };
    watched = [...watched, mine];
    sayWatched();
    return () => {
      watched = watched.filter((each) => each !== mine);
      sayWatched();
    };
  }, [instrument, interval]);
}
