import { Link } from "react-router";

import type { InstanceView } from "../../api/shapes";
import { Age, Money, Num } from "../../components/figures";
import { Empty, InstrumentName, StatusPill } from "../../components/parts";
import { Sparkline } from "../../components/Sparkline";
import { type Column, Table } from "../../components/Table";
import type { Live } from "../../live/state";
import { useLive, useLiveList } from "../../live/store";

const all = (live: Live): InstanceView[] => [...live.instances.values()];
const NONE = [] as const;

/** Its state, and beside it whatever keeps it from trading. */
export function InstanceState({ row }: { row: InstanceView }) {
  return (
    <span style={{ display: "inline-flex", gap: 4, verticalAlign: "middle" }}>
      <StatusPill
        state={row.single_fire ? "single fire" : row.state}
        tone={row.single_fire ? "warn" : undefined}
        title={row.cause}
      />
      {row.faulted && <StatusPill state="faulted" title={row.faulted} />}
      {row.trading !== "active" && <StatusPill state={row.trading} title={row.trading_cause} />}
    </span>
  );
}

function Curve({ id }: { id: string }) {
  const points = useLive((live) => live.instanceCurves.get(id) ?? NONE);
  return (
    <div style={{ width: 120 }}>
      <Sparkline points={points} label={`The result of ${id} over time`} />
    </div>
  );
}

const name: Column<InstanceView> = {
  key: "instance",
  head: "Instance",
  wide: true,
  card: "title",
  sort: (row) => row.instance,
  cell: (row) => (
    <>
      <Link className="link" to={`/instances/${encodeURIComponent(row.instance)}`}>
        {row.instance}
      </Link>{" "}
      <span className="faint small">{row.strategy}</span>
    </>
  ),
};
const state: Column<InstanceView> = {
  key: "state",
  head: "State",
  sort: (row) => row.state,
  cell: (row) => <InstanceState row={row} />,
};
const orders: Column<InstanceView> = {
  key: "orders",
  head: "Orders",
  right: true,
  sort: (row) => row.open_orders,
  cell: (row) => <Num value={row.open_orders} />,
};
const curve: Column<InstanceView> = {
  key: "curve",
  head: "",
  card: "none",
  cell: (row) => <Curve id={row.instance} />,
};
const net: Column<InstanceView> = {
  key: "net",
  head: "Net",
  right: true,
  card: "worth",
  sort: (row) => row.total?.net ?? null,
  cell: (row) => <Money value={row.total?.net} currency={row.total?.currency ?? ""} gain />,
};

const COMPACT = [
  name,
  state,
  orders,
  curve,
  { ...net, cell: (row: InstanceView) => <Money value={row.total?.net} gain /> },
];
const FULL: Column<InstanceView>[] = [
  name,
  state,
  {
    key: "instruments",
    head: "Instruments",
    card: "none",
    cell: (row) => <Some ids={row.instruments} />,
  },
  {
    key: "accounts",
    head: "Accounts",
    card: "none",
    sort: (row) => row.accounts.join(),
    cell: (row) => row.accounts.join(", "),
  },
  orders,
  {
    key: "cycles",
    head: "Cycles",
    right: true,
    sort: (row) => row.cycles.length,
    cell: (row) => <Num value={row.cycles.length} />,
  },
  {
    key: "fees",
    head: "Fees",
    right: true,
    sort: (row) => row.total?.fees ?? null,
    cell: (row) => <Money value={row.total?.fees} />,
  },
  curve,
  net,
  {
    key: "since",
    head: "Since",
    right: true,
    sort: (row) => row.since_ns,
    cell: (row) => <Age ns={row.since_ns} />,
  },
];

const FEW = 1;

function Some({ ids }: { ids: readonly string[] }) {
  return (
    <span title={ids.join("\n")}>
      {ids.slice(0, FEW).map((id, at) => (
        <span key={id}>
          {at > 0 && ", "}
          <InstrumentName id={id} />
        </span>
      ))}
      {ids.length > FEW && <span className="faint"> and {ids.length - FEW} more</span>}
    </span>
  );
}

export function InstanceRows({ compact = false }: { compact?: boolean }) {
  const rows = useLiveList(all);
  const whole = useLive((live) => live.whole);
  return (
    <Table
      rows={rows}
      columns={compact ? COMPACT : FULL}
      rowKey={(row) => row.instance}
      to={(row) => `/instances/${encodeURIComponent(row.instance)}`}
      tone={(row) => (row.faulted ? "danger" : "")}
      sortBy="instance"
      label="Instances"
      empty={
        whole ? (
          <Empty
            title="No instance runs yet."
            action={
              <Link className="button" to="/instances/new">
                Deploy one
              </Link>
            }
          >
            An instance is a strategy with its parameters on accounts and instruments of yours.
          </Empty>
        ) : (
          <Empty title="Waiting for the desk …" />
        )
      }
    />
  );
}
