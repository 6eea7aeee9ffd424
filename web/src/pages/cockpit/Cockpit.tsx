/** One look at the desk: how it stands, what it risks, what needs a person, what just happened. */
import { CurveChart } from "../../components/Chart";
import { Money } from "../../components/figures";
import { PageHead, Panel } from "../../components/parts";
import { useLive } from "../../live/store";
import { InstanceRows } from "../instances/InstanceRows";
import { Alerts, LatestFills } from "./Latest";
import { Standing } from "./Standing";

export default function Cockpit() {
  const curve = useLive((live) => live.curve);
  const total = useLive((live) => live.vitals?.total ?? null);
  const notes = useLive((live) => live.vitals?.notes);
  return (
    <div className="page">
      <PageHead title="Cockpit" />
      <Standing />
      {notes && notes.length > 0 && (
        <ul className="error" aria-label="What needs a person">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <div className="grid">
        <Panel
          title="Result"
          className="w8"
          actions={<Money value={total?.net} currency={total?.currency ?? ""} gain />}
        >
          <div style={{ height: 280 }}>
            <CurveChart points={curve} label="The net result of the desk over time" />
          </div>
        </Panel>
        <Panel title="Alerts" className="w4" flush>
          <Alerts />
        </Panel>
        <Panel title="Instances" className="w6" flush>
          <InstanceRows compact />
        </Panel>
        <Panel title="Latest fills" className="w6" flush>
          <LatestFills />
        </Panel>
      </div>
    </div>
  );
}
