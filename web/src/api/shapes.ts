/** The desk's shapes by the page's names, and those few that the gateway adds to them. */
import type * as Schema from "./schema";

export type * from "./schema";

export type Command = Schema.CommandRequest["command"];
export type Point = Schema.VitalsMessage["curve"][number];
export type Candle = Schema.CandlesView["rows"][number];
export type BookLevel = Schema.BookView["bids"][number];
export type Vitals = Schema.VitalsMessage;

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
  mode: string;
  version: string;
}

/** A page of a list: newest first; `next` is the cursor of the page after it. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
}

/** Everything that the desk and its gateway say on the socket. */
export type Message =
  | Schema.Hello
  | { type: "desk"; connected: boolean; why?: string }
  | Schema.OrderMessage
  | Schema.FillMessage
  | Schema.EventMessage
  | Schema.CommandMessage
  | Schema.InstancesMessage
  | Schema.PositionsMessage
  | Schema.ScopesMessage
  | Schema.FeedsMessage
  | Schema.VitalsMessage
  | Schema.BookView
  | Schema.CandlesView
  | Schema.TradesView;
