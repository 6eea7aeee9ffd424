/** One order from signal to end: why it was made, what happened to it, how fast, what it brought. */
import { type ReactNode, useEffect } from "react";
import { Link, useParams } from "react-router";

import type { OrderLife, OrderView } from "../../api/shapes";
import { Micros, Money, Px, Qty, SideWord, Time } from "../../components/figures";
import {
  Empty,
  ErrorNote,
  InstrumentName,
  PageHead,
  Pairs,
  Panel,
  StatusPill,
  Tile,
} from "../../components/parts";
import { FILL_COLUMNS } from "../../components/rows";
import { Table } from "../../components/Table";
import { useAsk } from "../../lib/asking";
import { instrumentParts, latency, span, titled, words } from "../../lib/format";
import { isLive } from "../../live/state";
import { useLive } from "../../live/store";
import { CancelButton } from "./columns";
import { Steps, Why } from "./Story";

export default function Order() {
  const { id = "" } = useParams();
  const { data, error, loading, again } = useAsk<OrderLife>(`/orders/${encodeURIComponent(id)}`);
  const live = useLive((state) => state.orders.get(id));
  useEffect(again, [live, again]);
  const order = live ?? (data?.order.client_order_id === id ? data.order : undefined);
  if (!order) {
    return (
      <div className="page">
        <PageHead title="Order" />
        <ErrorNote error={error} again={again} />
        {loading && <Empty title="Asking the desk …" />}
      </div>
    );
  }
  return (
    <Shown order={order} life={data} error={error && <ErrorNote error={error} again={again} />} />
  );
}

const FILLS = FILL_COLUMNS.filter(
  (each) => !["instrument", "side", "instance", "reason"].includes(each.key),
).map((each) => (each.key === "time" ? { ...each, card: "title" as const } : each));

function Shown({
  order,
  life,
  error,
}: {
  order: OrderView;
  life: OrderLife | null;
  error: ReactNode;
}) {
  return (
    <div className="page">
      <PageHead
        title={`${titled(order.side)} ${instrumentParts(order.instrument).symbol}`}
        actions={<CancelButton order={order} />}
      >
        <StatusPill state={order.ord_status} />
        <InstrumentName id={order.instrument} link />
      </PageHead>
      {order.text && (
        <p className={order.ord_status === "cancelled" ? "quiet" : "error"}>{order.text}</p>
      )}
      {order.ord_status === "unknown" && (
        <p className="error">
          The venue has not said what became of it. The desk asks until it knows and counts it as
          working meanwhile; it is never sent twice.
        </p>
      )}
      {error}
      <Figures order={order} />
      <div className="grid">
        <Panel title="Why it was made" className="w6">
          <Why life={life} order={order} />
        </Panel>
        <Panel title="What happened to it" className="w6">
          <Steps steps={life?.steps ?? []} from={order.created_ns} />
        </Panel>
        <Panel title="Its fills" className="w6" flush>
          <Table
            rows={life?.fills ?? []}
            columns={FILLS}
            rowKey={(row) => row.exec_id}
            label="Its fills"
            empty={<Empty title="Nothing of it has filled." />}
          />
        </Panel>
        <Panel title="As FIX names it" className="w6">
          <Fix order={order} />
        </Panel>
        {life && life.group.length > 0 && (
          <Panel title="Others of its group" actions={<code>{order.group}</code>}>
            <Group ids={life.group} />
          </Panel>
        )}
      </div>
    </div>
  );
}

function Figures({ order }: { order: OrderView }) {
  const taken = order.acknowledged_ns ? order.acknowledged_ns - order.created_ns : 0;
  const stood =
    order.closed_ns && order.acknowledged_ns ? order.closed_ns - order.acknowledged_ns : 0;
  return (
    <div className="tiles">
      <Tile name="OrderQty" note={<SideWord side={order.side} />}>
        <Qty value={order.order_qty} />
      </Tile>
      <Tile name="CumQty" note={`${words(order.ord_status)}`}>
        <Qty value={order.cum_qty} />
      </Tile>
      <Tile
        name={order.stop_px === null ? "Px" : "StopPx"}
        note={`${words(order.ord_type)} ${order.time_in_force}`}
      >
        <Px value={order.stop_px ?? order.px} instrument={order.instrument} />
      </Tile>
      <Tile name="AvgPx">
        <Px value={order.avg_px} instrument={order.instrument} />
      </Tile>
      <Tile name="Fees">
        <Money value={order.fees} />
      </Tile>
      <Tile name="Sent in" note="from the news to the last byte">
        <Micros us={Math.round(order.sent_latency_ns / 1000)} />
      </Tile>
      <Tile name="Taken after" note="from the decision to the venue's yes">
        {taken > 0 ? latency(taken / 1000) : "–"}
      </Tile>
      <Tile
        name={isLive(order) ? "Stands since" : "Stood"}
        note={isLive(order) ? "" : "from the yes to its end"}
      >
        {isLive(order) ? (
          <Time ns={order.acknowledged_ns || order.created_ns} />
        ) : stood > 0 ? (
          span(stood)
        ) : (
          "–"
        )}
      </Tile>
    </div>
  );
}

function Fix({ order }: { order: OrderView }) {
  const rows: [string, ReactNode][] = [
    ["ClOrdID", <code>{order.client_order_id}</code>],
    ["OrderID", <code>{order.venue_order_id || "–"}</code>],
    ["Account", order.account],
    ["Side", order.side],
    ["OrdType", words(order.ord_type)],
    ["TimeInForce", order.time_in_force.toUpperCase()],
    ["LeavesQty", order.leaves_qty],
    [
      "Flags",
      [order.post_only && "post only", order.reduce_only && "reduce only"]
        .filter(Boolean)
        .join(", ") || "none",
    ],
    ["Bucket", order.bucket],
    ["Cause", `step ${order.cause_seq}, run ${order.epoch}`],
  ];
  if (order.wire_id) rows.splice(2, 0, ["On the wire", <code>{order.wire_id}</code>]);
  return <Pairs rows={rows} />;
}

function Group({ ids }: { ids: readonly string[] }) {
  return (
    <ul className="line">
      {ids.map((id) => (
        <li key={id}>
          <Link className="link" to={`/orders/${encodeURIComponent(id)}`}>
            <code>{id}</code>
          </Link>
        </li>
      ))}
    </ul>
  );
}
