/** Columns of the rows that several pages show. */
import { Link } from "react-router";

import type { FillView, NewsView, OrderView, PositionView } from "../api/shapes";
import { Age, Micros, Money, Px, Qty, SideWord, Time } from "./figures";
import { InstrumentName, StatusPill } from "./parts";
import type { Column } from "./Table";

export function InstanceLink({ id }: { id: string }) {
  return (
    <Link className="link" to={`/instances/${encodeURIComponent(id)}`}>
      {id}
    </Link>
  );
}

const us = (order: OrderView): number => Math.round(order.sent_latency_ns / 1000);

export const ORDER_COLUMNS: Column<OrderView>[] = [
  {
    key: "created",
    head: "Time",
    sort: (row) => row.created_ns,
    cell: (row) => <Time ns={row.created_ns} />,
  },
  {
    key: "instrument",
    head: "Instrument",
    wide: true,
    card: "title",
    sort: (row) => row.instrument,
    cell: (row) => <InstrumentName id={row.instrument} />,
  },
  {
    key: "side",
    head: "Side",
    sort: (row) => row.side,
    cell: (row) => <SideWord side={row.side} />,
  },
  {
    key: "type",
    head: "Type",
    sort: (row) => row.ord_type,
    cell: (row) => (
      <span className="quiet">{`${row.ord_type} ${row.time_in_force}`.replace("_", " ")}</span>
    ),
  },
  {
    key: "qty",
    head: "OrderQty",
    right: true,
    sort: (row) => row.order_qty,
    cell: (row) => <Qty value={row.order_qty} />,
  },
  {
    key: "px",
    head: "Px",
    right: true,
    sort: (row) => row.px ?? row.stop_px,
    cell: (row) => <Px value={row.px ?? row.stop_px} instrument={row.instrument} />,
  },
  {
    key: "cum",
    head: "CumQty",
    right: true,
    sort: (row) => row.cum_qty,
    cell: (row) => <Qty value={row.cum_qty} />,
  },
  {
    key: "avg",
    head: "AvgPx",
    right: true,
    sort: (row) => row.avg_px,
    cell: (row) => <Px value={row.avg_px} instrument={row.instrument} />,
  },
  {
    key: "status",
    head: "OrdStatus",
    card: "worth",
    sort: (row) => row.ord_status,
    cell: (row) => <StatusPill state={row.ord_status} title={row.text} />,
  },
  {
    key: "reason",
    head: "Reason",
    sort: (row) => row.reason,
    cell: (row) => row.reason.replaceAll("_", " "),
  },
  {
    key: "instance",
    head: "Instance",
    sort: (row) => row.instance,
    cell: (row) => <InstanceLink id={row.instance} />,
  },
  {
    key: "latency",
    head: "Sent in",
    right: true,
    sort: us,
    cell: (row) => <Micros us={us(row)} />,
  },
];

export const FILL_COLUMNS: Column<FillView>[] = [
  {
    key: "time",
    head: "Time",
    sort: (row) => row.ts_event,
    cell: (row) => <Time ns={row.ts_event} />,
  },
  {
    key: "instrument",
    head: "Instrument",
    wide: true,
    card: "title",
    sort: (row) => row.instrument,
    cell: (row) => <InstrumentName id={row.instrument} />,
  },
  {
    key: "side",
    head: "Side",
    sort: (row) => row.side,
    cell: (row) => <SideWord side={row.side} />,
  },
  {
    key: "qty",
    head: "LastQty",
    right: true,
    sort: (row) => row.last_qty,
    cell: (row) => <Qty value={row.last_qty} />,
  },
  {
    key: "px",
    head: "LastPx",
    right: true,
    card: "worth",
    sort: (row) => row.last_px,
    cell: (row) => <Px value={row.last_px} instrument={row.instrument} />,
  },
  {
    key: "fee",
    head: "Fee",
    right: true,
    sort: (row) => row.fee,
    cell: (row) => <Fee fill={row} />,
  },
  {
    key: "liquidity",
    head: "Liquidity",
    sort: (row) => row.liquidity,
    cell: (row) => row.liquidity,
  },
  {
    key: "life",
    head: "Life",
    sort: (row) => row.life,
    cell: (row) => <StatusPill state={row.life} />,
  },
  {
    key: "reason",
    head: "Reason",
    sort: (row) => row.reason,
    cell: (row) => row.reason.replaceAll("_", " "),
  },
  {
    key: "instance",
    head: "Instance",
    sort: (row) => row.instance,
    cell: (row) => <InstanceLink id={row.instance} />,
  },
];

function Fee({ fill }: { fill: FillView }) {
  return (
    <span className="nowrap">
      {Number(fill.fee) === 0 ? "0" : Number(fill.fee).toFixed(4)}{" "}
      <span className="faint small">{fill.fee_currency}</span>
    </span>
  );
}

export const POSITION_COLUMNS: Column<PositionView>[] = [
  {
    key: "instrument",
    head: "Instrument",
    wide: true,
    card: "title",
    sort: (row) => row.instrument,
    cell: (row) => <InstrumentName id={row.instrument} link />,
  },
  { key: "bucket", head: "Bucket", sort: (row) => row.bucket, cell: (row) => row.bucket },
  { key: "account", head: "Account", sort: (row) => row.account, cell: (row) => row.account },
  {
    key: "instance",
    head: "Instance",
    sort: (row) => row.instance,
    cell: (row) => <InstanceLink id={row.instance} />,
  },
  {
    key: "qty",
    head: "Qty",
    right: true,
    sort: (row) => row.qty,
    cell: (row) => <Qty value={row.qty} signed />,
  },
  {
    key: "avg",
    head: "AvgPx",
    right: true,
    sort: (row) => row.avg_px,
    cell: (row) => <Px value={row.avg_px} instrument={row.instrument} />,
  },
  {
    key: "mark",
    head: "Mark",
    right: true,
    sort: (row) => row.mark,
    cell: (row) => <Px value={row.mark} instrument={row.instrument} />,
  },
  {
    key: "notional",
    head: "Notional",
    right: true,
    sort: (row) => row.notional,
    cell: (row) => <Money value={row.notional} />,
  },
  {
    key: "realised",
    head: "Realised",
    right: true,
    sort: (row) => row.realised,
    cell: (row) => <Money value={row.realised} gain />,
  },
  {
    key: "unrealised",
    head: "Unrealised",
    right: true,
    sort: (row) => row.unrealised,
    cell: (row) => <Money value={row.unrealised} gain />,
  },
  {
    key: "net",
    head: "Net",
    right: true,
    card: "worth",
    sort: (row) => row.net,
    cell: (row) => <Money value={row.net} currency={row.currency} gain />,
  },
];

export const EVENT_COLUMNS: Column<NewsView>[] = [
  { key: "time", head: "Time", sort: (row) => row.ts, cell: (row) => <Time ns={row.ts} /> },
  {
    key: "level",
    head: "Level",
    card: "worth",
    sort: (row) => row.level,
    cell: (row) => <StatusPill state={row.level} />,
  },
  {
    key: "kind",
    head: "Kind",
    card: "title",
    sort: (row) => row.kind,
    cell: (row) => row.kind.replaceAll("_", " "),
  },
  {
    key: "instance",
    head: "Instance",
    sort: (row) => row.instance,
    cell: (row) => row.instance && <InstanceLink id={row.instance} />,
  },
  {
    key: "text",
    head: "What",
    wide: true,
    cell: (row) => <span title={row.text}>{row.text}</span>,
  },
  { key: "ago", head: "Ago", right: true, card: "none", cell: (row) => <Age ns={row.ts} /> },
];
