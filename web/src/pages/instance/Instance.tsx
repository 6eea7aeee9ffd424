/** One instance: its market with its own orders in it, its figures, its parameters, its doings. */
import { useState } from "react";
import { useParams } from "react-router";

import { Money, Num } from "../../components/figures";
import { Ladder } from "../../components/Ladder";
import { Empty, PageHead, Panel, Tabs, Tile } from "../../components/parts";
import type { InstanceView } from "../../api/shapes";
import { useLive } from "../../live/store";
import { InstanceState } from "../instances/InstanceRows";
import { Controls } from "./Controls";
import { Doings, type Doing, DOINGS } from "./Doings";
import { OwnChart } from "./OwnChart";

export default function Instance() {
  const { id = "" } = useParams();
  const row = useLive((live) => live.instances.get(id));
  const whole = useLive((live) => live.whole);
  if (!row) {
    return (
      <div className="page">
        <PageHead title={id} />
        {whole ? (
          <Empty title="This desk has no instance of that name.">
            It may have been renamed or belong to another desk.
          </Empty>
        ) : (
          <Empty title="Waiting for the desk …" />
        )}
      </div>
    );
  }
  return <Shown key={id} row={row} />;
}

function Shown({ row }: { row: InstanceView }) {
  const [instrument, setInstrument] = useState(row.instruments[0] ?? "");
  const [doing, setDoing] = useState<Doing>("orders");
  return (
    <div className="page">
      <PageHead title={row.instance} actions={<Controls row={row} />}>
        <InstanceState row={row} />
        <span className="quiet small">{row.strategy}</span>
      </PageHead>
      {(row.faulted || row.trading_cause) && (
        <p className="error" role="alert">
          {row.faulted &&
            `Faulted: ${row.faulted}. Its opening orders are cancelled, its exits go on. `}
          {row.trading_cause && `${row.trading}: ${row.trading_cause}.`}
        </p>
      )}
      <Figures row={row} />
      <div className="grid">
        <Panel title="Market" className="w8" flush>
          <OwnChart
            instance={row.instance}
            instruments={row.instruments}
            instrument={instrument}
            choose={setInstrument}
          />
        </Panel>
        <Panel title="Book" className="w4" flush>
          <Ladder key={instrument} instrument={instrument} levels={9} />
        </Panel>
      </div>
      <section className="panel">
        <Tabs label="What it does" tabs={DOINGS} chosen={doing} choose={setDoing} />
        <Doings row={row} doing={doing} />
      </section>
    </div>
  );
}

function Figures({ row }: { row: InstanceView }) {
  const total = row.total;
  return (
    <div className="tiles">
      <Tile name="Net" note={total?.currency}>
        <Money value={total?.net} gain />
      </Tile>
      <Tile name="Realised">
        <Money value={total?.realised} gain />
      </Tile>
      <Tile name="Unrealised" note={total && total.unrealised === null ? "a mark is missing" : ""}>
        <Money value={total?.unrealised} gain />
      </Tile>
      <Tile name="Fees and funding" note={total ? <Funding funding={total.funding} /> : ""}>
        <Money value={total?.fees} />
      </Tile>
      <Tile
        name="Orders"
        note={`${row.cycles.length} open ${row.cycles.length === 1 ? "cycle" : "cycles"}`}
      >
        <Num value={row.open_orders} />
      </Tile>
      <Tile name="Positions" note={row.accounts.join(", ")}>
        <Num value={row.positions.length} />
      </Tile>
    </div>
  );
}

function Funding({ funding }: { funding: string }) {
  return (
    <>
      funding <Money value={funding} gain />
    </>
  );
}
