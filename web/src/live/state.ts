/** What the page knows of the desk: keyed rows, bounded, replaced and never changed in place. */
import type {
  BookView,
  Candle,
  CommandView,
  FeedView,
  FillView,
  InstanceView,
  NewsView,
  OrderView,
  Point,
  PositionKey,
  PositionView,
  Print,
  ScopeKind,
  ScopeView,
  Vitals,
} from "../api/shapes";
import type { Marks } from "./marks";

export type Link = "connecting" | "open" | "lost";

export interface Live {
  link: Link;
  /** Is the gateway in touch with the desk; if not, why. */
  deskThere: boolean;
  deskAway: string;
  desk: string;
  /** The last journaled number heard; 0 until a whole snapshot has come. */
  since: number;
  whole: boolean;
  /** Kinds of rows whose next telling is the whole, so that rows that are gone go. */
  renew: ReadonlySet<string>;
  orders: ReadonlyMap<string, OrderView>;
  fills: ReadonlyMap<string, FillView>;
  events: readonly NewsView[];
  commands: ReadonlyMap<string, CommandView>;
  instances: ReadonlyMap<string, InstanceView>;
  positions: ReadonlyMap<string, PositionView>;
  scopes: ReadonlyMap<string, ScopeView>;
  feeds: ReadonlyMap<string, FeedView>;
  vitals: Omit<Vitals, "curve" | "instance_curves"> | null;
  /** The browser's clock when the vitals came: the desk's now goes on from there. */
  vitalsAt: number;
  curve: readonly Point[];
  instanceCurves: ReadonlyMap<string, readonly Point[]>;
  books: ReadonlyMap<string, BookView>;
  candles: ReadonlyMap<string, readonly Candle[]>;
  trades: ReadonlyMap<string, readonly Print[]>;
  marks: Marks;
}

/** How many rows of each kind the page keeps; older ones are asked of the API, page by page. */
export const KEEP = {
  orders: 2000,
  fills: 1000,
  events: 1000,
  commands: 500,
  curve: 2000,
  candles: 1500,
  trades: 200,
};

export const EMPTY: Live = {
  link: "connecting",
  deskThere: true,
  deskAway: "",
  desk: "",
  since: 0,
  whole: false,
  renew: new Set(),
  orders: new Map(),
  fills: new Map(),
  events: [],
  commands: new Map(),
  instances: new Map(),
  positions: new Map(),
  scopes: new Map(),
  feeds: new Map(),
  vitals: null,
  vitalsAt: 0,
  curve: [],
  instanceCurves: new Map(),
  books: new Map(),
  candles: new Map(),
  trades: new Map(),
  marks: new Map(),
};

const TERMINAL = new Set(["filled", "cancelled", "rejected", "expired", "not_sent", "denied"]);

/** Tell whether an order may still fill. */
export const isLive = (order: OrderView): boolean => !TERMINAL.has(order.ord_status);

export const positionKey = (row: PositionKey): string =>
  `${row.account} ${row.instance} ${row.instrument} ${row.bucket}`;

export const scopeKey = (kind: ScopeKind, name: string): string => `${kind} ${name}`;

export const candlesKey = (instrument: string, interval: string): string =>
  `${instrument} ${interval}`;
