/** The desk's shapes by the page's names. */
import type * as Schema from "./schema";

export type * from "./schema";

export type Command = Schema.Commanded["command"];
export type Point = Schema.VitalsMessage["curve"][number];
export type Candle = Schema.CandlesView["rows"][number];
export type BookLevel = Schema.BookView["bids"][number];
export type Vitals = Schema.VitalsMessage;

/** Who looks at the page, and at which desk. */
export type Session = Schema.SessionAnswer;

/** A page of a list: newest first; `next` is the cursor of the page after it. */
export interface Page<Row> {
  rows: Row[];
  next: string | null;
}

/** Everything that the desk and its gateway say on the socket. */
export type Message =
  | Schema.Hello
  | Schema.DeskMessage
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
