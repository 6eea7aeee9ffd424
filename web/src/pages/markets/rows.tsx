/** Columns of markets; prices come by the socket as they move. */
import type { MarketView } from "../../api/shapes";
import { Px, Qty } from "../../components/figures";
import { InstrumentName, StatusPill } from "../../components/parts";
import { Star } from "../../components/Star";
import type { Column } from "../../components/Table";
import { span, titled } from "../../lib/format";
import { trustOf } from "../../lib/trust";
import { deskNow, useLive, useSeconds } from "../../live/store";

function Quote({ id, part }: { id: string; part: "bid" | "ask" | "last_px" }) {
  const feed = useLive((live) => live.feeds.get(id));
  const tone = part === "bid" ? "up" : part === "ask" ? "down" : "";
  return (
    <span className={tone}>
      <Px value={feed?.[part]} tick={feed?.tick} />
    </span>
  );
}

export function Trust({ id }: { id: string }) {
  const { word, tone, says } = trustOf(useLive((live) => live.feeds.get(id)));
  return <StatusPill state={word} tone={tone} title={says} />;
}

function Expiry({ ns }: { ns: number | null }) {
  useSeconds();
  if (ns === null) return <span className="faint">–</span>;
  const left = ns - deskNow();
  return <span className="num">{left > 0 ? `in ${span(left)}` : `${span(-left)} ago`}</span>;
}

const quotes = <Row,>(idOf: (row: Row) => string): Column<Row>[] => [
  { key: "bid", head: "Bid", right: true, cell: (row) => <Quote id={idOf(row)} part="bid" /> },
  {
    key: "ask",
    head: "Ask",
    right: true,
    card: "worth",
    cell: (row) => <Quote id={idOf(row)} part="ask" />,
  },
  {
    key: "last",
    head: "Last",
    right: true,
    cell: (row) => <Quote id={idOf(row)} part="last_px" />,
  },
  { key: "trust", head: "Trust", cell: (row) => <Trust id={idOf(row)} /> },
];

const starred = <Row,>(idOf: (row: Row) => string): Column<Row> => ({
  key: "instrument",
  head: "Instrument",
  wide: true,
  card: "title",
  sort: idOf,
  cell: (row) => (
    <>
      <Star instrument={idOf(row)} /> <InstrumentName id={idOf(row)} link />
    </>
  ),
});

export const MARKET_COLUMNS: Column<MarketView>[] = [
  starred((row) => row.instrument),
  {
    key: "event",
    head: "Event",
    card: "none",
    sort: (row) => row.event,
    cell: (row) => <span title={row.event}>{row.event}</span>,
  },
  { key: "kind", head: "Kind", sort: (row) => row.kind, cell: (row) => titled(row.kind) },
  ...quotes<MarketView>((row) => row.instrument),
  {
    key: "tick",
    head: "Tick",
    right: true,
    card: "none",
    sort: (row) => row.tick,
    cell: (row) => <Qty value={row.tick} />,
  },
  {
    key: "expires",
    head: "Ends",
    right: true,
    card: "none",
    sort: (row) => row.expires_ns,
    cell: (row) => <Expiry ns={row.expires_ns} />,
  },
];

export const LISTED_COLUMNS: Column<string>[] = [
  starred((row) => row),
  ...quotes<string>((row) => row),
];
export { Expiry };
