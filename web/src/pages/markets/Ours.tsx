/** What the desk itself has in a market: working orders, fills, positions. */
import { useCallback, useState } from "react";

import { Empty, Tabs } from "../../components/parts";
import { FILL_COLUMNS, POSITION_COLUMNS } from "../../components/rows";
import { type Column, Table } from "../../components/Table";
import { isLive, type Live, positionKey } from "../../live/state";
import { useLiveList } from "../../live/store";
import { BLOTTER_COLUMNS } from "../orders/columns";

const TABS = [
  ["orders", "Our orders"],
  ["fills", "Our fills"],
  ["positions", "Our positions"],
] as const;

// Beside a chart there is room for what matters; the rest stands on each order's own page.
const some = <Row,>(columns: readonly Column<Row>[], ...keys: string[]): Column<Row>[] =>
  keys.flatMap((key) => columns.filter((each) => each.key === key));
const asTitle = <Row,>(column: Column<Row>): Column<Row> =>
  column.key === "side" ? { ...column, card: "title" } : column;

const ORDERS = some(
  BLOTTER_COLUMNS,
  "side",
  "qty",
  "px",
  "cum",
  "status",
  "reason",
  "instance",
  "created",
  "cancel",
).map(asTitle);
const FILLS = some(FILL_COLUMNS, "side", "qty", "px", "fee", "liquidity", "instance", "time").map(
  asTitle,
);
const POSITIONS = some(POSITION_COLUMNS, "instance", "account", "qty", "avg", "unrealised", "net");
const MOST = 100;
const HEIGHT = 300;

export function Ours({ instrument }: { instrument: string }) {
  const [tab, setTab] = useState<(typeof TABS)[number][0]>("orders");
  const shown = { orders: Orders, fills: Fills, positions: Positions }[tab];
  const Shown = shown;
  return (
    <section className="panel market-ours">
      <Tabs label="What we have here" tabs={TABS} chosen={tab} choose={setTab} />
      <div className="ours-rows">
        <Shown instrument={instrument} />
      </div>
    </section>
  );
}

const orderTo = (row: { client_order_id: string }): string =>
  `/orders/${encodeURIComponent(row.client_order_id)}`;

function Orders({ instrument }: { instrument: string }) {
  const rows = useLiveList(
    useCallback(
      (live: Live) =>
        [...live.orders.values()]
          .filter((row) => row.instrument === instrument && isLive(row))
          .reverse(),
      [instrument],
    ),
  );
  return (
    <Table
      rows={rows}
      columns={ORDERS}
      rowKey={(row) => row.client_order_id}
      to={orderTo}
      height={HEIGHT}
      label="Our orders"
      empty={
        <Empty title="Nothing of ours rests here.">
          The ticket places an order by hand; instances place theirs by themselves.
        </Empty>
      }
    />
  );
}

function Fills({ instrument }: { instrument: string }) {
  const rows = useLiveList(
    useCallback(
      (live: Live) =>
        [...live.fills.values()]
          .filter((row) => row.instrument === instrument)
          .reverse()
          .slice(0, MOST),
      [instrument],
    ),
  );
  return (
    <Table
      rows={rows}
      columns={FILLS}
      rowKey={(row) => `${row.seq} ${row.exec_id}`}
      to={orderTo}
      height={HEIGHT}
      label="Our fills"
      empty={
        <Empty title="Nothing of ours has filled here lately.">
          Older fills are under Orders and fills.
        </Empty>
      }
    />
  );
}

function Positions({ instrument }: { instrument: string }) {
  const rows = useLiveList(
    useCallback(
      (live: Live) =>
        [...live.positions.values()].filter(
          (row) => row.instrument === instrument && Number(row.qty) !== 0,
        ),
      [instrument],
    ),
  );
  return (
    <Table
      rows={rows}
      columns={POSITIONS}
      rowKey={positionKey}
      height={HEIGHT}
      label="Our positions"
      empty={<Empty title="We hold nothing of it." />}
    />
  );
}
