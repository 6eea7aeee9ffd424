import { useMemo } from "react";

import type { FillView, NewsView, Page } from "../../api/shapes";
import { Age, Px, Qty, SideWord } from "../../components/figures";
import { Empty, InstrumentName, StatusPill } from "../../components/parts";
import { InstanceLink } from "../../components/rows";
import { type Column, Table } from "../../components/Table";
import { useAsk } from "../../lib/asking";
import type { Live } from "../../live/state";
import { useLiveList } from "../../live/store";

const MOST_FILLS = 12;
const MOST_ALERTS = 40;

const COLUMNS: Column<FillView>[] = [
  {
    key: "instrument",
    head: "Instrument",
    wide: true,
    card: "title",
    cell: (row) => <InstrumentName id={row.instrument} link />,
  },
  { key: "side", head: "", cell: (row) => <SideWord side={row.side} /> },
  { key: "qty", head: "Qty", right: true, cell: (row) => <Qty value={row.last_qty} /> },
  {
    key: "px",
    head: "Px",
    right: true,
    card: "worth",
    cell: (row) => <Px value={row.last_px} instrument={row.instrument} />,
  },
  {
    key: "instance",
    head: "Instance",
    card: "none",
    cell: (row) => <InstanceLink id={row.instance} />,
  },
  { key: "age", head: "Ago", right: true, cell: (row) => <Age ns={row.ts_event} /> },
];

const newestFills = (live: Live): FillView[] =>
  [...live.fills.values()].slice(-MOST_FILLS).reverse();
const newestAlerts = (live: Live) =>
  live.events
    .filter((row) => row.level !== "info")
    .slice(-MOST_ALERTS)
    .reverse();

export function LatestFills() {
  const rows = useLiveList(newestFills);
  return (
    <div style={{ minHeight: 391 }}>
      <Table
        rows={rows}
        columns={COLUMNS}
        rowKey={(row) => `${row.seq} ${row.exec_id}`}
        to={(row) => `/orders/${encodeURIComponent(row.client_order_id)}`}
        label="Latest fills"
        empty={
          <Empty title="Nothing has filled yet.">
            The first fill of any instance or order by hand shows here.
          </Empty>
        }
      />
    </div>
  );
}

/** Alerts are rare among events: the socket's newest may hold none, so older ones are asked for. */
function useWithOlder(live: readonly NewsView[]): readonly NewsView[] {
  const { data } = useAsk<Page<NewsView>>("/events", { limit: 500 });
  return useMemo(() => {
    const known = new Set(live.map(keyOf));
    const older = (data?.rows ?? []).filter(
      (row) => row.level !== "info" && !known.has(keyOf(row)),
    );
    return [...live, ...older].slice(0, MOST_ALERTS);
  }, [live, data]);
}

const keyOf = (row: NewsView): string => `${row.seq} ${row.kind} ${row.instance} ${row.text}`;

export function Alerts() {
  const live = useLiveList(newestAlerts);
  const rows = useWithOlder(live);
  if (!rows.length) {
    return (
      <Empty title="No alerts.">
        Warnings and critical events show here; everything else is in the logs.
      </Empty>
    );
  }
  return (
    <ul className="rows-box live" style={{ height: 304 }} tabIndex={0} aria-label="Alerts">
      {rows.map((row) => (
        <li key={keyOf(row)} className="card">
          <div className="card-title">
            <StatusPill state={row.level} />{" "}
            <span className="small quiet">{row.kind.replaceAll("_", " ")}</span>
          </div>
          <span className="small faint">
            <Age ns={row.ts} />
          </span>
          <p className="small" style={{ gridColumn: "1 / -1", overflowWrap: "anywhere" }}>
            {row.instance && <InstanceLink id={row.instance} />} {row.text}
          </p>
        </li>
      ))}
    </ul>
  );
}
