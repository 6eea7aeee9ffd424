/** Every order and every fill, live on top and as far back as one asks. */
import { useCallback } from "react";

import type { FillView, OrderView } from "../../api/shapes";
import { Empty, ErrorNote, PageHead, Tabs } from "../../components/parts";
import { FILL_COLUMNS } from "../../components/rows";
import { type Column, Table } from "../../components/Table";
import { usePages } from "../../lib/asking";
import { type Filters, useFilters } from "../../lib/filters";
import { useMerged } from "../../lib/merging";
import { useSettled } from "../../lib/settled";
import { useShortcuts } from "../../lib/shortcuts";
import { isLive, type Live } from "../../live/state";
import { useLiveList } from "../../live/store";
import { BLOTTER_COLUMNS } from "./columns";
import { type Name, NAMES, Narrow } from "./Narrow";

type Values = Record<Name, string>;

const TABS = [
  ["orders", "Orders"],
  ["fills", "Fills"],
] as const;

const HEIGHT = 640;

export default function Orders() {
  const filters = useFilters(NAMES);
  const tab = filters.values.tab === "fills" ? "fills" : "orders";
  useShortcuts([
    {
      keys: "/",
      says: "Find an instrument",
      group: "Orders and fills",
      run: () => document.querySelector<HTMLInputElement>("[data-find]")?.focus(),
    },
  ]);
  return (
    <div className="page">
      <PageHead title="Orders and fills" />
      <section className="panel">
        <Tabs
          label="Orders or fills"
          tabs={TABS}
          chosen={tab}
          choose={(name) => filters.set("tab", name === "orders" ? "" : name)}
        />
        <Narrow filters={filters} orders={tab === "orders"} />
        <div style={{ minHeight: HEIGHT }}>
          {tab === "orders" ? <OrderRows filters={filters} /> : <FillRows filters={filters} />}
        </div>
      </section>
    </div>
  );
}

interface Placed {
  instance: string;
  account: string;
  instrument: string;
}

function fits(row: Placed, values: Values): boolean {
  if (values.instance && row.instance !== values.instance) return false;
  if (values.account && row.account !== values.account) return false;
  return (
    !values.instrument || row.instrument.toLowerCase().includes(values.instrument.toLowerCase())
  );
}

const fitsOrder = (row: OrderView, values: Values): boolean =>
  fits(row, values) &&
  (!values.status || row.ord_status === values.status) &&
  (values.open !== "yes" || isLive(row));

// The desk finds an instrument by its whole name; a part of one is looked for in what came.
const whole = (text: string): string | null => (text.includes(":") ? text : null);

const orderTo = (row: { client_order_id: string }): string =>
  `/orders/${encodeURIComponent(row.client_order_id)}`;

function OrderRows({ filters }: { filters: Filters<Name> }) {
  const { values } = filters;
  const text = useSettled(values.instrument);
  const live = useLiveList(
    useCallback(
      (state: Live) => [...state.orders.values()].filter((row) => fitsOrder(row, values)),
      [values],
    ),
  );
  const pages = usePages<OrderView>("/orders", {
    instance: values.instance,
    account: values.account,
    instrument: whole(text),
    open_only: values.open === "yes" ? true : null,
  });
  const found = useMerged(
    live,
    pages.rows,
    (row) => row.client_order_id,
    (row) => row.created_ns,
  );
  // What was open when it was asked for may be over by now, and the socket has said so.
  const rows = useFiltered(found, values, fitsOrder);
  return (
    <Rows
      rows={rows}
      pages={pages}
      any={filters.any}
      columns={BLOTTER_COLUMNS}
      rowKey={(row) => row.client_order_id}
      label="Orders"
      what="order"
      tone={(row) => (row.ord_status === "unknown" ? "danger" : "")}
    />
  );
}

function FillRows({ filters }: { filters: Filters<Name> }) {
  const { values } = filters;
  const text = useSettled(values.instrument);
  const live = useLiveList(
    useCallback(
      (state: Live) => [...state.fills.values()].filter((row) => fits(row, values)),
      [values],
    ),
  );
  const pages = usePages<FillView>("/fills", {
    instance: values.instance,
    account: values.account,
    instrument: whole(text),
  });
  const found = useMerged(
    live,
    pages.rows,
    (row) => `${row.account} ${row.exec_id}`,
    (row) => row.ts_event,
  );
  const rows = useFiltered(found, values, fits);
  return (
    <Rows
      rows={rows}
      pages={pages}
      any={filters.any}
      columns={FILLS}
      rowKey={(row) => `${row.account} ${row.exec_id}`}
      label="Fills"
      what="fill"
      tone={(row) => (row.life === "failed" ? "danger" : "")}
    />
  );
}

const useFiltered = <Row,>(
  rows: readonly Row[],
  values: Values,
  fit: (row: Row, values: Values) => boolean,
): readonly Row[] => rows.filter((row) => fit(row, values));

const FILLS: Column<FillView>[] = [
  ...FILL_COLUMNS.slice(0, -1),
  { key: "account", head: "Account", sort: (row) => row.account, cell: (row) => row.account },
  ...FILL_COLUMNS.slice(-1),
  {
    key: "exec",
    head: "ExecID",
    card: "none",
    cell: (row) => <code className="faint">{row.exec_id}</code>,
  },
];

interface RowsProps<Row> {
  rows: readonly Row[];
  pages: ReturnType<typeof usePages<Row>>;
  any: boolean;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  tone: (row: Row) => "danger" | "";
  label: string;
  what: string;
}

function Rows<Row extends { client_order_id: string }>({
  rows,
  pages,
  any,
  columns,
  rowKey,
  tone,
  label,
  what,
}: RowsProps<Row>) {
  const further = pages.more && (
    <button type="button" className="button" onClick={pages.more} disabled={pages.loading}>
      Look further back
    </button>
  );
  const nothing = pages.loading ? (
    <Empty title="Asking the desk …" />
  ) : (
    <Empty
      title={any ? `No ${what} fits these filters.` : `There is no ${what} yet.`}
      action={further}
    >
      {any
        ? "Clear a filter, or look further back."
        : "Deploy an instance, or place an order by hand on a market's page."}
    </Empty>
  );
  return (
    <>
      <ErrorNote error={pages.error} />
      <Table
        rows={rows}
        columns={columns}
        rowKey={rowKey}
        to={orderTo}
        tone={tone}
        height={HEIGHT}
        label={label}
        more={pages.more}
        empty={nothing}
      />
    </>
  );
}
