/** Positions added up by what one asks: one row for each name and currency. */
import type { InstanceView, MarketView, PositionView } from "../../api/shapes";
import { instrumentParts } from "../../lib/format";

export const GROUPINGS = ["position", "venue", "account", "instance", "strategy", "event"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Group {
  name: string;
  currency: string;
  positions: number;
  notional: number | null;
  realised: number;
  unrealised: number | null;
  fees: number;
  funding: number;
  net: number;
}

export interface Known {
  instances: ReadonlyMap<string, InstanceView>;
  markets: ReadonlyMap<string, MarketView>;
}

export function nameOf(row: PositionView, by: Grouping, known: Known): string {
  if (by === "venue") return row.venue;
  if (by === "account") return row.account;
  if (by === "instance") return row.instance || "by hand";
  if (by === "strategy") return known.instances.get(row.instance)?.strategy ?? "by hand";
  const { venue, symbol } = instrumentParts(row.instrument);
  // A YES and a NO of one event are one matter; what has no event is one for itself.
  const event = known.markets.get(row.instrument)?.event;
  if (!event) return row.instrument;
  return event.startsWith(`${venue}:`) ? event : `${venue}:${event || symbol}`;
}

export function grouped(rows: readonly PositionView[], by: Grouping, known: Known): Group[] {
  const found = new Map<string, Group>();
  for (const row of rows) {
    const name = nameOf(row, by, known);
    const key = `${name} ${row.currency}`;
    found.set(key, added(found.get(key) ?? nothing(name, row.currency), row));
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

const nothing = (name: string, currency: string): Group => ({
  name,
  currency,
  positions: 0,
  notional: 0,
  realised: 0,
  unrealised: 0,
  fees: 0,
  funding: 0,
  net: 0,
});

function added(group: Group, row: PositionView): Group {
  const held = Number(row.qty) !== 0;
  return {
    ...group,
    positions: group.positions + (held ? 1 : 0),
    // A missing mark makes the sum unknown, not smaller.
    notional: plus(group.notional, held ? row.notional : "0"),
    unrealised: plus(group.unrealised, held ? row.unrealised : "0"),
    realised: group.realised + Number(row.realised),
    fees: group.fees + Number(row.fees),
    funding: group.funding + Number(row.funding),
    net: group.net + Number(row.net),
  };
}

const plus = (sum: number | null, worth: string | null): number | null =>
  sum === null || worth === null ? null : sum + Number(worth);
