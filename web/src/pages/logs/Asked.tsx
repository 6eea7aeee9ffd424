/** Commands as they were given and answered, and the audit: who, what, why, with what effect. */
import { useCallback } from "react";

import type { CommandView, Confirmation } from "../../api/shapes";
import { Time } from "../../components/figures";
import { Find, Pick } from "../../components/Pick";
import { Pairs, StatusPill } from "../../components/parts";
import type { Column } from "../../components/Table";
import { usePages } from "../../lib/asking";
import type { Filters } from "../../lib/filters";
import { latency, words } from "../../lib/format";
import { useMerged } from "../../lib/merging";
import type { Live } from "../../live/state";
import { useLiveList } from "../../live/store";
import { type Name, Tail } from "./tail";

const OUTCOMES: readonly Confirmation[] = ["confirmed", "accepted", "refused", "unresolved"];

const time: Column<CommandView> = {
  key: "time",
  head: "Time",
  sort: (row) => row.received_ns,
  cell: (row) => <Time ns={row.received_ns} />,
};
const name: Column<CommandView> = {
  key: "name",
  head: "Command",
  card: "title",
  sort: (row) => row.name,
  cell: (row) => spaced(row.name),
};
const outcome: Column<CommandView> = {
  key: "outcome",
  head: "Outcome",
  card: "worth",
  sort: (row) => row.confirmation,
  cell: (row) => <StatusPill state={row.confirmation ?? "waiting"} />,
};
const rule: Column<CommandView> = {
  key: "rule",
  head: "Rule",
  sort: (row) => row.rule,
  cell: (row) => row.rule && <code>{row.rule}</code>,
};

const COMMANDS: Column<CommandView>[] = [
  time,
  name,
  {
    key: "body",
    head: "As it was given",
    wide: true,
    cell: (row) => <code className="faint">{row.body}</code>,
  },
  outcome,
  rule,
  {
    key: "answered",
    head: "Answered in",
    right: true,
    sort: took,
    cell: (row) => (
      <span className="num">{took(row) === null ? "–" : latency((took(row) ?? 0) / 1000)}</span>
    ),
  },
  {
    key: "id",
    head: "Id",
    card: "none",
    cell: (row) => <code className="faint">{row.command_id.slice(0, 12)}</code>,
  },
];

const AUDIT: Column<CommandView>[] = [
  time,
  { key: "by", head: "Who", sort: (row) => row.by, cell: (row) => row.by },
  name,
  {
    key: "effect",
    head: "Effect",
    wide: true,
    cell: (row) => (
      <span title={row.effect}>
        {row.effect || <span className="faint">not answered yet</span>}
      </span>
    ),
  },
  {
    key: "why",
    head: "Why",
    cell: (row) =>
      row.why ? <span title={row.why}>{row.why}</span> : <span className="faint">not said</span>,
  },
  outcome,
  rule,
];

function took(row: CommandView): number | null {
  return row.answered_ns ? row.answered_ns - row.received_ns : null;
}

const spaced = (told: string): string =>
  words(told.replace(/([a-z])([A-Z])/g, "$1 $2"))
    .toLowerCase()
    .replace(/^./, (first) => first.toUpperCase());

type Values = Record<Name, string>;

function fits(row: CommandView, values: Values): boolean {
  if (values.outcome && row.confirmation !== values.outcome) return false;
  if (values.kind && row.name !== values.kind) return false;
  const text = values.text.toLowerCase();
  return (
    !text ||
    `${row.name} ${row.by} ${row.why} ${row.effect} ${row.rule} ${row.body} ${row.command_id}`
      .toLowerCase()
      .includes(text)
  );
}

const names = (live: Live): string[] =>
  [...new Set([...live.commands.values()].map((row) => row.name))].sort();

export function Asked({ filters, audit }: { filters: Filters<Name>; audit: boolean }) {
  const { values, set, clear } = filters;
  const live = useLiveList(
    useCallback(
      (state: Live) => [...state.commands.values()].filter((row) => fits(row, values)),
      [values],
    ),
  );
  const pages = usePages<CommandView>("/commands");
  const found = useMerged(
    live,
    pages.rows,
    (row) => row.command_id,
    (row) => row.received_ns,
  );
  const rows = found.filter((row) => fits(row, values));
  const known = useLiveList(names);
  return (
    <Tail
      rows={rows}
      pages={pages}
      columns={audit ? AUDIT : COMMANDS}
      rowKey={(row) => row.command_id}
      label={audit ? "Audit" : "Commands"}
      any={Object.entries(values).some(([each, value]) => each !== "tab" && value !== "")}
      clear={clear}
      whole={(row) => <Whole row={row} />}
    >
      <Find
        label={audit ? "Find who, what or why" : "Find in the commands"}
        value={values.text}
        change={(value) => set("text", value)}
      />
      <Pick
        label="Command"
        value={values.kind}
        options={known.map((each) => [each, spaced(each)] as const)}
        all="Any command"
        choose={(value) => set("kind", value)}
      />
      <Pick
        label="Outcome"
        value={values.outcome}
        options={OUTCOMES}
        all="Any outcome"
        choose={(value) => set("outcome", value)}
      />
    </Tail>
  );
}

function Whole({ row }: { row: CommandView }) {
  return (
    <>
      <p className="whole">{row.effect || "Not answered yet."}</p>
      <Pairs
        rows={[
          ["Command", spaced(row.name)],
          ["Who", row.by],
          ["Why", row.why || "not said"],
          ["Outcome", <StatusPill state={row.confirmation ?? "waiting"} />],
          ["Rule", row.rule ? <code>{row.rule}</code> : "none"],
          ["Given", <Time ns={row.received_ns} />],
          ["Answered", <Time ns={row.answered_ns} />],
          ["Id", <code>{row.command_id}</code>],
          ["Step", row.seq],
        ]}
      />
      <pre className="whole-body">{pretty(row.body)}</pre>
    </>
  );
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
