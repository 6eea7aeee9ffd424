/** Whether a market's data may be traded on, in words. */
import type { FeedView } from "../api/shapes";
import type { Tone } from "../components/parts";

interface Trusted {
  word: string;
  tone: Tone;
  /** The whole sentence. */
  says: string;
}

// By the desk's own words.
const WHY: Record<string, [word: string, says: string]> = {
  "no snapshot yet": [
    "no book yet",
    "The venue has not told the whole book yet; opening orders are denied until it has.",
  ],
  "a sequence number is missing": [
    "gap",
    "A piece of the book was missed; it is asked for anew, and opening orders are denied meanwhile.",
  ],
  "nothing verified it in time": [
    "stale",
    "Nothing has verified it for longer than the desk allows; opening orders are denied until something does.",
  ],
  "the bid is at or above the ask": [
    "crossed",
    "The best bid is at or above the best ask, so a piece is wrong; opening orders are denied until it is whole.",
  ],
  "YES and NO disagree": [
    "mirror",
    "The books of YES and NO do not fit each other; opening orders are denied until they do.",
  ],
};

export function trustOf(feed: FeedView | null | undefined): Trusted {
  if (!feed)
    return {
      word: "not heard",
      tone: "",
      says: "No instance listens to this market; its data come when one does, or while you look at it.",
    };
  if (feed.trading !== "open")
    return {
      word: feed.trading,
      tone: "warn",
      says: `The venue has it ${feed.trading}: no order is taken there now.`,
    };
  if (!feed.trust)
    return {
      word: "trusted",
      tone: "ok",
      says: "Whole, in sequence and fresh: it may be traded on.",
    };
  const [word, says] = WHY[feed.trust] ?? [
    feed.trust,
    "Opening orders are denied until it is whole and fresh again.",
  ];
  return { word, tone: "warn", says };
}
