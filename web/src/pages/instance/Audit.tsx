import type { CommandView } from "../../api/shapes";
import { Time } from "../../components/figures";
import { Empty, StatusPill } from "../../components/parts";
import { type Column, Table } from "../../components/Table";
import { words } from "../../lib/format";
import { useCommandsAbout } from "./history";

export const COMMAND_COLUMNS: Column<CommandView>[] = [
  {
    key: "time",
    head: "Time",
    sort: (row) => row.received_ns,
    cell: (row) => <Time ns={row.received_ns} />,
  },
  {
    key: "name",
    head: "Command",
    card: "title",
    sort: (row) => row.name,
    cell: (row) => words(row.name),
  },
  { key: "by", head: "By", sort: (row) => row.by, cell: (row) => row.by },
  {
    key: "confirmation",
    head: "Outcome",
    card: "worth",
    sort: (row) => row.confirmation,
    cell: (row) => <StatusPill state={row.confirmation ?? "waiting"} />,
  },
  {
    key: "effect",
    head: "Effect",
    wide: true,
    cell: (row) => <span title={row.effect}>{row.effect}</span>,
  },
  { key: "why", head: "Why", cell: (row) => <span title={row.why}>{row.why}</span> },
  { key: "rule", head: "Rule", cell: (row) => row.rule && <code>{row.rule}</code> },
];

/** Who asked what of this instance, why, and what came of it. */
export function Audit({ instance }: { instance: string }) {
  const { rows, more } = useCommandsAbout(instance);
  return (
    <Table
      rows={rows}
      columns={COMMAND_COLUMNS}
      rowKey={(row) => row.command_id}
      height={420}
      more={more}
      label="Audit"
      empty={<Empty title="Nobody has asked anything of it yet." />}
    />
  );
}
