/** What is held and what it made: by position, venue, account, instance, strategy or event. */
import { useMemo } from "react";

import type { MarketView, Page, PositionView } from "../../api/shapes";
import { Money, Num } from "../../components/figures";
import { Empty, PageHead, Tabs, Tile } from "../../components/parts";
import { type Column, Table } from "../../components/Table";
import { useAsk } from "../../lib/asking";
import { useFilters } from "../../lib/filters";
import { titled } from "../../lib/format";
import { type Live, positionKey } from "../../live/state";
import { useLive, useLiveList } from "../../live/store";
import { HELD_COLUMNS } from "./columns";
import { type Group, grouped, type Grouping, GROUPINGS } from "./groups";
import { Proof } from "./Proof";

const TABS = GROUPINGS.map(
  (each) => [each, each === "position" ? "Positions" : `By ${each}`] as const,
);
const all = (live: Live): PositionView[] => [...live.positions.values()];

export default function Positions() {
  const { values, set } = useFilters(["by", "flat"] as const);
  const by: Grouping = GROUPINGS.find((each) => each === values.by) ?? "position";
  const rows = useLiveList(all);
  const held = useMemo(() => rows.filter((row) => Number(row.qty) !== 0), [rows]);
  return (
    <div className="page">
      <PageHead title="Positions and P&L" />
      <Totals held={held} />
      <section className="panel">
        <Tabs
          label="Added up by"
          tabs={TABS}
          chosen={by}
          choose={(name) => set("by", name === "position" ? "" : name)}
        />
        <div style={{ minHeight: 280 }}>
          {by === "position" ? (
            <Held
              rows={values.flat === "yes" ? rows : held}
              flat={values.flat === "yes"}
              setFlat={(on) => set("flat", on ? "yes" : "")}
            />
          ) : (
            <Groups rows={rows} by={by} />
          )}
        </div>
      </section>
      <Proof />
    </div>
  );
}

function Totals({ held }: { held: readonly PositionView[] }) {
  const total = useLive((live) => live.vitals?.total ?? null);
  const unmarked = held.filter((row) => row.mark === null).length;
  return (
    <div className="tiles">
      <Tile name="Net result" note={total?.currency}>
        <Money value={total?.net} gain />
      </Tile>
      <Tile name="Realised">
        <Money value={total?.realised} gain />
      </Tile>
      <Tile
        name="Unrealised"
        note={unmarked ? `${unmarked} without a mark` : "every position has a mark"}
        tone={unmarked ? "warn" : ""}
      >
        <Money value={total?.unrealised} gain />
      </Tile>
      <Tile name="Fees">
        <Money value={total?.fees} />
      </Tile>
      <Tile name="Funding">
        <Money value={total?.funding} gain />
      </Tile>
      <Tile name="Positions" note="not flat">
        <Num value={held.length} />
      </Tile>
    </div>
  );
}

interface HeldProps {
  rows: readonly PositionView[];
  flat: boolean;
  setFlat: (on: boolean) => void;
}

function Held({ rows, flat, setFlat }: HeldProps) {
  return (
    <>
      <div className="filters">
        <label className="check">
          <input
            type="checkbox"
            checked={flat}
            onChange={(event) => setFlat(event.target.checked)}
          />
          Also what is flat again
        </label>
      </div>
      <Table
        rows={rows}
        columns={HELD_COLUMNS}
        rowKey={positionKey}
        sortBy="instrument"
        label="Positions"
        empty={<Empty title="Nothing is held.">A position shows here with its first fill.</Empty>}
      />
    </>
  );
}

const groupColumns = (by: Grouping): Column<Group>[] => [
  {
    key: "name",
    head: titled(by),
    wide: true,
    card: "title",
    sort: (row) => row.name,
    cell: (row) => row.name,
  },
  {
    key: "positions",
    head: "Positions",
    right: true,
    sort: (row) => row.positions,
    cell: (row) => <Num value={row.positions} />,
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
    key: "fees",
    head: "Fees",
    right: true,
    sort: (row) => row.fees,
    cell: (row) => <Money value={row.fees} />,
  },
  {
    key: "funding",
    head: "Funding",
    right: true,
    sort: (row) => row.funding,
    cell: (row) => <Money value={row.funding} gain />,
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

function Groups({ rows, by }: { rows: readonly PositionView[]; by: Grouping }) {
  const instances = useLive((live) => live.instances);
  // Only events need the markets; which event an instrument belongs to never changes.
  const { data } = useAsk<Page<MarketView>>(by === "event" ? "/markets" : null, { limit: 500 });
  const markets = useMemo(
    () => new Map((data?.rows ?? []).map((row) => [row.instrument, row])),
    [data],
  );
  const found = useMemo(
    () => grouped(rows, by, { instances, markets }),
    [rows, by, instances, markets],
  );
  return (
    <Table
      rows={found}
      columns={groupColumns(by)}
      rowKey={(row) => `${row.name} ${row.currency}`}
      sortBy="name"
      label={`Result by ${by}`}
      empty={
        <Empty title="Nothing has been traded yet.">
          The first fill of any instance shows here.
        </Empty>
      }
    />
  );
}
