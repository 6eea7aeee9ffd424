/** Shapes that the socket speaks, and those of the API that its description does not name yet. */
import type * as Schema from "./schema";

export type * from "./schema";

export type Command = Schema.CommandRequest["command"];

export type Role = "viewer" | "trader" | "admin";

/** Who looks at the page, and at which desk. */
export interface Session {
  signed_in: boolean;
  needs_setup: boolean;
  user: string | null;
  role: Role | null;
  scopes: string[];
  csrf: string;
  totp: boolean;
  desk: string;
  mode: "demo" | "paper" | "sandbox" | "live";
  version: string;
}

/** A page of a list: newest first; `next` is the cursor of the page after it. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
}

/** One parameter of a strategy, as its form shows it. */
export interface ParameterSchema {
  name: string;
  type: string;
  default: unknown;
  min: string | null;
  max: string | null;
  choices: string[];
  unit: string;
  help: string;
  fixed?: boolean;
  required?: boolean;
}

export interface StrategyView {
  name: string;
  title: string;
  doc: string;
  parameters: ParameterSchema[];
  actions?: Record<string, string>;
}

/** An instrument's rules beside its feed. */
export interface MarketView extends Schema.FeedView {
  base?: string;
  quote?: string;
  symbol?: string;
  lot: string;
  min_qty: string | null;
  min_notional: string | null;
  expiry_ns?: number;
  outcome?: string;
  fees?: string;
}

export type Point = [ts_ns: number, net: number];
export type Level = [px: string, qty: string];

export interface Day {
  net: string;
  limit: string | null;
  since_ns: number;
}

export interface Vitals {
  type: "vitals";
  now_ns: number;
  seq: number;
  epoch: number;
  speed: number;
  events_per_s: number;
  live_orders: number;
  unknown_orders: number;
  fills_count: number;
  total: Schema.Result | null;
  day: Day | null;
  curve: Point[];
  instance_curves: Record<string, Point[]>;
  latency: Schema.Latency | null;
  links: Schema.LinkView[];
  notes: string[];
  ok: boolean;
  kill_state: Schema.TradingState;
}

export interface OwnLevel {
  client_order_id: string;
  side: Schema.Side;
  px: string;
  leaves_qty: string;
  ahead_qty: string | null;
}

export interface Book {
  type: "book";
  instrument: string;
  bids: Level[];
  asks: Level[];
  sequence: number;
  ts: number;
  own: OwnLevel[];
  trust: string;
}

export type Candle = [ts_ns: number, open: string, high: string, low: string, close: string, volume: string];

export interface Candles {
  type: "candles";
  instrument: string;
  interval: string;
  rows: Candle[];
  provisional: boolean;
}

export type Print = [ts_ns: number, px: string, qty: string, side: string];

export interface Trades {
  type: "trades";
  instrument: string;
  rows: Print[];
}

export interface PositionKey {
  account: string;
  instance: string;
  instrument: string;
  bucket: string;
}

/** Everything that the desk says on the socket. */
export type Message =
  | { type: "hello"; seq: number; desk: string; now_ns: number; resumed: boolean }
  | { type: "desk"; connected: boolean; why?: string }
  | { type: "order"; seq: number; row: Schema.OrderView }
  | { type: "fill"; seq: number; row: Schema.FillView }
  | { type: "event"; seq: number; row: Schema.NewsView }
  | { type: "command"; seq: number; row: Schema.CommandView }
  | { type: "instances"; rows: Schema.InstanceView[]; gone?: string[] }
  | { type: "positions"; rows: Schema.PositionView[]; gone?: PositionKey[] }
  | { type: "scopes"; rows: Schema.ScopeView[] }
  | { type: "feeds"; rows: Schema.FeedView[] }
  | Vitals
  | Book
  | Candles
  | Trades;
