/** The best levels of a book, our own orders marked in it with what stands before them. */
import { memo } from "react";

import type { BookLevel, BookView, OwnOrder } from "../api/shapes";
import { number, placesOf, short } from "../lib/format";
import { useLive } from "../live/store";
import { Empty } from "./parts";

interface LadderProps {
  instrument: string;
  /** Levels of each side. */
  levels?: number;
  /** A click on a price, e.g. for a ticket. */
  pick?: (px: string) => void;
}

export function Ladder({ instrument, levels = 12, pick }: LadderProps) {
  const book = useLive((live) => live.books.get(instrument));
  const tick = useLive((live) => live.feeds.get(instrument)?.tick);
  if (!book) {
    return (
      <div style={{ minHeight: (2 * levels + 1) * 22 + 26 }}>
        <Empty title="Waiting for the book …">
          It comes as soon as the venue has told it whole.
        </Empty>
      </div>
    );
  }
  const most = Math.max(
    ...[...book.bids.slice(0, levels), ...book.asks.slice(0, levels)].map(([, qty]) => Number(qty)),
    0,
  );
  const own = ownByPx(book);
  const row = (side: "bid" | "ask") => (level: BookLevel | undefined, at: number) => (
    <Row
      key={level ? `${side} ${level[0]}` : `${side} empty ${at}`}
      side={side}
      level={level}
      most={most}
      tick={tick}
      own={level ? own.get(Number(level[0])) : undefined}
      pick={pick}
    />
  );
  return (
    <div className="ladder live">
      <div className="ladder-row ladder-head">
        <span>Ours, ahead</span>
        <span>Px</span>
        <span>Qty</span>
      </div>
      {padded(book.asks, levels).reverse().map(row("ask"))}
      <Spread book={book} tick={tick} />
      {padded(book.bids, levels).map(row("bid"))}
    </div>
  );
}

// Always the same number of rows, so that a thin book does not move the page.
const padded = (side: readonly BookLevel[], levels: number): (BookLevel | undefined)[] =>
  Array.from({ length: levels }, (_, at) => side[at]);

function ownByPx(book: BookView): Map<number, OwnOrder[]> {
  const found = new Map<number, OwnOrder[]>();
  for (const order of book.own)
    found.set(Number(order.px), [...(found.get(Number(order.px)) ?? []), order]);
  return found;
}

interface RowProps {
  side: "bid" | "ask";
  level: BookLevel | undefined;
  most: number;
  tick: string | undefined;
  own: OwnOrder[] | undefined;
  pick: ((px: string) => void) | undefined;
}

const Row = memo(function Row({ side, level, most, tick, own, pick }: RowProps) {
  if (!level) return <div className="ladder-row" />;
  const [px, qty] = level;
  const part = most > 0 ? (Number(qty) / most) * 100 : 0;
  const text = number(px, placesOf(tick));
  return (
    <div className="ladder-row" data-side={side} data-own={own ? true : undefined}>
      <i style={{ width: `${part}%` }} />
      <span className="ladder-own">
        {own?.map((order) => (
          <Own key={order.client_order_id} order={order} />
        ))}
      </span>
      {pick ? (
        <button type="button" onClick={() => pick(px)} title="Take this price">
          {text}
        </button>
      ) : (
        <span className={side === "bid" ? "up" : "down"}>{text}</span>
      )}
      <span>{short(qty)}</span>
    </div>
  );
});

function Own({ order }: { order: OwnOrder }) {
  const ahead = order.ahead_qty === null ? "?" : short(order.ahead_qty);
  return (
    <span
      title={`Our ${order.side} of ${number(order.leaves_qty)} (${order.instance}); ${ahead} must trade before it does.`}
    >
      ● {short(order.leaves_qty)}
      <span className="faint">, {ahead}</span>
    </span>
  );
}

function Spread({ book, tick }: { book: BookView; tick: string | undefined }) {
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  const spread = bid && ask ? number(Number(ask) - Number(bid), placesOf(tick)) : "–";
  return (
    <div className="ladder-row ladder-spread">
      <span
        className={book.trust ? "warn" : "faint"}
        title={book.trust ? `Not traded on: ${book.trust}` : "Verified and in sequence"}
      >
        {book.trust || "trusted"}
      </span>
      <span className="faint">{spread}</span>
      <span />
    </div>
  );
}
