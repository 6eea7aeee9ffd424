/** The middles of the markets since the page is open: for charts of markets that have no candles. */
import type { Candle, FeedView, Point } from "../api/shapes";

const KEPT = 1500;
const MOST_INSTRUMENTS = 64;
const SECOND_NS = 1e9;

export type Marks = ReadonlyMap<string, readonly Point[]>;

const middleOf = (feed: FeedView): number | null =>
  feed.bid === null || feed.ask === null ? null : (Number(feed.bid) + Number(feed.ask)) / 2;

/** Take the middles of feeds that changed; one a second and instrument, and of so many at most. */
export function withMarks(marks: Marks, feeds: readonly FeedView[], nowNs: number): Marks {
  const next = new Map(marks);
  for (const feed of feeds) {
    const middle = middleOf(feed);
    const known = next.get(feed.instrument) ?? [];
    if (middle === null || (!known.length && next.size >= MOST_INSTRUMENTS)) continue;
    const last = known.at(-1);
    const same = last && nowNs - last[0] < SECOND_NS;
    next.set(feed.instrument, [
      ...(same ? known.slice(0, -1) : known.slice(-KEPT)),
      [same ? last[0] : nowNs, middle],
    ]);
  }
  return next;
}

/** Candles of so many seconds out of middles; their volume is nothing, for nothing was traded. */
export function candlesOf(points: readonly Point[], seconds: number): Candle[] {
  const rows: Candle[] = [];
  for (const [ns, worth] of points) {
    const start = Math.floor(ns / SECOND_NS / seconds) * seconds * SECOND_NS;
    const last = rows.at(-1);
    if (last && last[0] === start)
      rows[rows.length - 1] = [
        start,
        last[1],
        Math.max(last[2], worth),
        Math.min(last[3], worth),
        worth,
        0,
      ];
    else
      rows.push([
        start,
        last?.[4] ?? worth,
        Math.max(last?.[4] ?? worth, worth),
        Math.min(last?.[4] ?? worth, worth),
        worth,
        0,
      ]);
  }
  return rows;
}
