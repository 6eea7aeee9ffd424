/** The one place where what the desk says becomes what the page knows. Pure; tested through the page. */
import type {
  Candle,
  CandlesView,
  Message,
  OrderView,
  Point,
  Print,
  TradesView,
  Vitals,
} from "../api/shapes";
import { withMarks } from "./marks";
import { candlesKey, EMPTY, isLive, KEEP, type Live, positionKey, scopeKey } from "./state";

/** Maps that this batch has already copied; a second row of a kind writes into the same copy. */
type Draft = Live & { copied: Set<string> };

/** Fold all messages that came since the last frame, oldest first. */
export function reduce(live: Live, messages: readonly Message[], heardAt: number): Live {
  const draft: Draft = { ...live, copied: new Set() };
  for (const message of messages) fold(draft, message, heardAt);
  bound(draft);
  const { copied: _, ...next } = draft;
  return next;
}

function fold(draft: Draft, message: Message, heardAt: number): void {
  switch (message.type) {
    case "hello":
      return hello(draft, message);
    case "desk":
      draft.deskThere = message.connected;
      draft.deskAway = message.connected ? "" : message.why;
      return;
    case "order":
      put(draft, "orders", message.row.client_order_id, message.row);
      return heard(draft, message.seq);
    case "fill":
      put(draft, "fills", `${message.row.seq} ${message.row.exec_id}`, message.row);
      return heard(draft, message.seq);
    case "event":
      if (!draft.copied.has("events")) draft.events = [...draft.events];
      draft.copied.add("events");
      (draft.events as Mutable<Live["events"]>).push(message.row);
      return heard(draft, message.seq);
    case "command":
      put(draft, "commands", message.row.command_id, message.row);
      return heard(draft, message.seq);
    case "instances":
      renew(draft, "instances");
      for (const row of message.rows) put(draft, "instances", row.instance, row);
      for (const gone of message.gone ?? []) drop(draft, "instances", gone);
      return;
    case "positions":
      renew(draft, "positions");
      for (const row of message.rows) put(draft, "positions", positionKey(row), row);
      for (const gone of message.gone ?? []) drop(draft, "positions", positionKey(gone));
      return;
    case "scopes":
      renew(draft, "scopes");
      for (const row of message.rows) put(draft, "scopes", scopeKey(row.kind, row.name), row);
      return;
    case "feeds":
      renew(draft, "feeds");
      for (const row of message.rows) put(draft, "feeds", row.instrument, row);
      if (draft.vitals)
        draft.marks = withMarks(
          draft.marks,
          message.rows,
          draft.vitals.now_ns + (heardAt - draft.vitalsAt) * 1e6 * draft.vitals.speed,
        );
      return;
    case "vitals":
      return vitals(draft, message, heardAt);
    case "book":
      return put(draft, "books", message.instrument, message);
    case "candles":
      return candles(draft, message);
    case "trades":
      return trades(draft, message);
    default:
      // A newer desk may say more than this page knows; what it does not know it leaves.
      return;
  }
}

type Mutable<Rows> = Rows extends readonly (infer Row)[]
  ? Row[]
  : Rows extends ReadonlyMap<infer Key, infer Row>
    ? Map<Key, Row>
    : never;
type MapName =
  | "orders"
  | "fills"
  | "commands"
  | "instances"
  | "positions"
  | "scopes"
  | "feeds"
  | "instanceCurves"
  | "books"
  | "candles"
  | "trades";

function copyOf<Name extends MapName>(draft: Draft, name: Name): Map<string, unknown> {
  if (!draft.copied.has(name)) {
    draft.copied.add(name);
    draft[name] = new Map(draft[name] as ReadonlyMap<string, never>) as unknown as Draft[Name];
  }
  return draft[name] as unknown as Map<string, unknown>;
}

function put<Name extends MapName>(draft: Draft, name: Name, key: string, row: unknown): void {
  copyOf(draft, name).set(key, row);
}

function drop<Name extends MapName>(draft: Draft, name: Name, key: string): void {
  copyOf(draft, name).delete(key);
}

const WHOLE_ON_CONNECT = ["instances", "positions", "scopes", "feeds"] as const;

function renew(draft: Draft, name: (typeof WHOLE_ON_CONNECT)[number]): void {
  if (!draft.renew.has(name)) return;
  draft.renew = new Set([...draft.renew].filter((each) => each !== name));
  copyOf(draft, name).clear();
}

function hello(draft: Draft, message: { desk: string; resumed: boolean }): void {
  if (!message.resumed) {
    Object.assign(draft, { ...EMPTY, copied: new Set(), link: draft.link, marks: draft.marks });
  }
  draft.renew = new Set(WHOLE_ON_CONNECT);
  draft.desk = message.desk;
  draft.deskThere = true;
  draft.deskAway = "";
}

function heard(draft: Draft, seq: number): void {
  // A snapshot is told kind by kind, not in the order of its numbers.
  if (seq > draft.since) draft.since = seq;
}

function vitals(draft: Draft, message: Vitals, heardAt: number): void {
  const { curve, instance_curves, ...rest } = message;
  draft.vitals = rest;
  draft.vitalsAt = heardAt;
  draft.whole = true;
  for (const name of WHOLE_ON_CONNECT) renew(draft, name);
  if (curve?.length) draft.curve = joined(draft.curve, curve, KEEP.curve);
  for (const [instance, points] of Object.entries(instance_curves ?? {})) {
    const known = draft.instanceCurves.get(instance) ?? [];
    put(draft, "instanceCurves", instance, joined<Point>(known, points, KEEP.curve));
  }
}

function candles(draft: Draft, message: CandlesView): void {
  const key = candlesKey(message.instrument, message.interval);
  const known = draft.candles.get(key) ?? [];
  put(draft, "candles", key, joined<Candle>(known, message.rows, KEEP.candles));
}

function trades(draft: Draft, message: TradesView): void {
  const known = draft.trades.get(message.instrument) ?? [];
  const last = known.at(-1)?.[0] ?? 0;
  const fresh = message.rows.filter((row) => row[0] > last);
  put(
    draft,
    "trades",
    message.instrument,
    [...known, ...fresh].slice(-KEEP.trades) satisfies Print[],
  );
}

/** Rows by time, oldest first: one with the time of a known row replaces it and all after it. */
function joined<Row extends Point | Candle>(
  known: readonly Row[],
  fresh: readonly Row[],
  keep: number,
): Row[] {
  const first = fresh[0]?.[0];
  if (first === undefined) return [...known];
  let end = known.length;
  while (end > 0 && (known[end - 1]?.[0] ?? 0) >= first) end -= 1;
  return [...known.slice(0, end), ...fresh].slice(-keep);
}

function bound(draft: Draft): void {
  if (draft.copied.has("events") && draft.events.length > KEEP.events) {
    draft.events = draft.events.slice(-KEEP.events);
  }
  oldestOut(draft, "fills", KEEP.fills);
  oldestOut(draft, "commands", KEEP.commands);
  // An order that may still fill is never forgotten, however many there are.
  oldestOut(draft, "orders", KEEP.orders, (row) => isLive(row as OrderView));
}

function oldestOut(
  draft: Draft,
  name: MapName,
  keep: number,
  stays: (row: unknown) => boolean = () => false,
): void {
  if (!draft.copied.has(name) || draft[name].size <= keep) return;
  const rows = copyOf(draft, name);
  let over = rows.size - keep;
  for (const [key, row] of rows) {
    if (over <= 0) return;
    if (stays(row)) continue;
    rows.delete(key);
    over -= 1;
  }
}
