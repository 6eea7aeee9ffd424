import { useCallback } from "react";

import type { Level, NewsView } from "../../api/shapes";
import { Time } from "../../components/figures";
import { Find, Pick } from "../../components/Pick";
import { Pairs, StatusPill } from "../../components/parts";
import { EVENT_COLUMNS, InstanceLink } from "../../components/rows";
import { usePages } from "../../lib/asking";
import type { Filters } from "../../lib/filters";
import { words } from "../../lib/format";
import { useMerged } from "../../lib/merging";
import type { Live } from "../../live/state";
import { useLiveList } from "../../live/store";
import { type Name, Tail } from "./tail";

const LEVELS: readonly Level[] = ["info", "warning", "critical"];
const COLUMNS = EVENT_COLUMNS.filter((each) => each.key !== "ago");
const kinds = (live: Live): string[] => [...new Set(live.events.map((row) => row.kind))].sort();
const instances = (live: Live): string[] => [...live.instances.keys()].sort();

type Values = Record<Name, string>;

function fits(row: NewsView, values: Values): boolean {
  if (values.level && row.level !== values.level) return false;
  if (values.kind && row.kind !== values.kind) return false;
  if (values.instance && row.instance !== values.instance) return false;
  const text = values.text.toLowerCase();
  return !text || `${row.kind} ${row.instance} ${row.text}`.toLowerCase().includes(text);
}

// Several lines may come of one step; the same line twice of one is one.
const keyOf = (row: NewsView): string => `${row.seq} ${row.kind} ${row.instance} ${row.text}`;

export function Events({ filters }: { filters: Filters<Name> }) {
  const { values, set, clear } = filters;
  const live = useLiveList(
    useCallback((state: Live) => state.events.filter((row) => fits(row, values)), [values]),
  );
  const pages = usePages<NewsView>("/events", { instance: values.instance });
  const found = useMerged(live, pages.rows, keyOf, (row) => row.seq);
  const rows = found.filter((row) => fits(row, values));
  const knownKinds = useLiveList(kinds);
  const knownInstances = useLiveList(instances);
  return (
    <Tail
      rows={rows}
      pages={pages}
      columns={COLUMNS}
      rowKey={keyOf}
      label="Events"
      any={Object.entries(values).some(([name, value]) => name !== "tab" && value !== "")}
      clear={clear}
      tone={(row) => (row.level === "critical" ? "danger" : "")}
      whole={(row) => <Whole row={row} />}
    >
      <Find label="Find in the text" value={values.text} change={(value) => set("text", value)} />
      <Pick
        label="Level"
        value={values.level}
        options={LEVELS}
        all="Any level"
        choose={(value) => set("level", value)}
      />
      <Pick
        label="Kind"
        value={values.kind}
        options={knownKinds.map((each) => [each, words(each)] as const)}
        all="Any kind"
        choose={(value) => set("kind", value)}
      />
      <Pick
        label="Instance"
        value={values.instance}
        options={knownInstances}
        all="All instances"
        choose={(value) => set("instance", value)}
      />
    </Tail>
  );
}

function Whole({ row }: { row: NewsView }) {
  return (
    <>
      <p className="whole">{row.text}</p>
      <Pairs
        rows={[
          ["Level", <StatusPill state={row.level} />],
          ["Kind", words(row.kind)],
          ["Instance", row.instance ? <InstanceLink id={row.instance} /> : "the desk"],
          ["Time", <Time ns={row.ts} />],
          ["Step", row.seq],
        ]}
      />
    </>
  );
}
