/** Its parameters: as they are, changed with the difference shown first, and how they were before. */
import { useState } from "react";

import { write } from "../../api/client";
import type { InstanceView, Page, ParameterView, StrategyView } from "../../api/shapes";
import { Time } from "../../components/figures";
import { Field, type Typed, typedOf, valueOf, wrongOf } from "../../components/Field";
import { Empty, ErrorNote, StatusPill } from "../../components/parts";
import { PreviewDialog } from "../../components/PreviewDialog";
import { useAsk } from "../../lib/asking";
import { titled } from "../../lib/format";
import { useMay } from "../../lib/session";
import { useCommandsAbout } from "./history";

export function Parameters({ row }: { row: InstanceView }) {
  const { data, error, loading, again } = useAsk<Page<StrategyView>>("/strategies");
  const strategy = data?.rows.find((each) => each.name === row.strategy);
  if (error) return <ErrorNote error={error} again={again} />;
  if (!strategy)
    return loading ? null : (
      <Empty title="Its strategy is not in the catalogue any more.">
        It runs on with what it has; deploy it anew to change it.
      </Empty>
    );
  return (
    <div className="panel-body stack" style={{ gap: 20 }}>
      {/* Another version makes what was typed void: it was typed against the one before. */}
      <Form key={row.version} row={row} parameters={strategy.parameters} />
      <History instance={row.instance} />
    </div>
  );
}

function Form({ row, parameters }: { row: InstanceView; parameters: readonly ParameterView[] }) {
  const [typed, setTyped] = useState<Record<string, Typed>>({});
  const [asking, setAsking] = useState(false);
  const may = useMay("trader");
  const stopped = row.state === "stopped" || row.state === "pending";
  const now = (each: ParameterView): Typed => typedOf(each, row.parameters[each.name]);
  const changed = parameters.filter(
    (each) => typed[each.name] !== undefined && typed[each.name] !== now(each),
  );
  const wrong = changed.some((each) => wrongOf(each, typed[each.name] ?? ""));
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed.length && !wrong) setAsking(true);
      }}
    >
      <div className="line">
        <strong>Version {row.version}</strong>
        <span className="quiet small">
          {stopped ? "all can be changed" : "those that are fixed change only while it is stopped"}
        </span>
      </div>
      <div className="form-grid">
        {parameters.map((each) => (
          <Field
            key={each.name}
            schema={each}
            value={typed[each.name] ?? now(each)}
            change={(value) => setTyped({ ...typed, [each.name]: value })}
            disabled={!may || (each.fixed && !stopped)}
          />
        ))}
      </div>
      <div className="line">
        <button
          type="submit"
          className="button primary"
          disabled={!may || !changed.length || wrong}
        >
          {changed.length ? `Change ${changed.length}` : "Nothing changed"}
        </button>
        {changed.length > 0 && (
          <button type="button" className="button" onClick={() => setTyped({})}>
            Leave as it was
          </button>
        )}
      </div>
      {asking && (
        <PreviewDialog
          title={`Change parameters of ${row.instance}`}
          verb="Change"
          write={write({
            type: "SetParameters",
            instance: row.instance,
            expected_version: row.version,
            patch: patchOf(changed, typed),
          })}
          close={() => setAsking(false)}
          done={() => setTyped({})}
        >
          <Difference
            rows={changed.map((each) => [titled(each.name), now(each), typed[each.name] ?? ""])}
          />
        </PreviewDialog>
      )}
    </form>
  );
}

function patchOf(
  changed: readonly ParameterView[],
  typed: Record<string, Typed>,
): Record<string, unknown> {
  // Emptied means that it goes back to not being set.
  return Object.fromEntries(
    changed.map((each) => [each.name, valueOf(each, typed[each.name] ?? "") ?? null]),
  );
}

function Difference({ rows }: { rows: [name: string, before: Typed, after: Typed][] }) {
  return (
    <dl className="pairs">
      {rows.map(([name, before, after]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>
            <del className="faint">{String(before) || "not set"}</del> →{" "}
            <ins style={{ textDecoration: "none", fontWeight: 600 }}>
              {String(after) || "not set"}
            </ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function History({ instance }: { instance: string }) {
  const { rows: asked } = useCommandsAbout(instance);
  const rows = asked.filter((row) => row.name === "SetParameters" || row.name === "Deploy");
  return (
    <section className="stack">
      <h3>History</h3>
      {!rows.length && <p className="quiet">Nobody has changed them.</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.command_id} className="line small" style={{ paddingBlock: 4 }}>
            <Time ns={row.received_ns} />
            <StatusPill state={row.confirmation ?? "waiting"} />
            <span>{row.effect || row.body}</span>
            <span className="faint">
              {row.by}
              {row.why && `: ${row.why}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
