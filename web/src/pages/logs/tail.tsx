/** A log that follows the desk until it is stopped; what came meanwhile is counted, not lost. */
import { type ReactNode, useState } from "react";

import { Dialog } from "../../components/Dialog";
import { Empty, ErrorNote } from "../../components/parts";
import { type Column, Table } from "../../components/Table";
import type { Pages } from "../../lib/asking";
import { copy } from "../../lib/copying";
import { useShortcuts } from "../../lib/shortcuts";

export const NAMES = ["tab", "text", "level", "kind", "instance", "outcome"] as const;
export type Name = (typeof NAMES)[number];

const HEIGHT = 640;

interface TailProps<Row> {
  /** Newest first. */
  rows: readonly Row[];
  pages: Pages<Row>;
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  label: string;
  any: boolean;
  clear: () => void;
  /** The fields that narrow it. */
  children: ReactNode;
  /** One row, whole. */
  whole: (row: Row) => ReactNode;
  tone?: (row: Row) => "" | "warn" | "danger";
}

export function Tail<Row>({
  rows,
  pages,
  columns,
  rowKey,
  label,
  any,
  clear,
  children,
  whole,
  tone,
}: TailProps<Row>) {
  const [stopped, setStopped] = useState<readonly Row[] | null>(null);
  const [open, setOpen] = useState<Row | null>(null);
  const shown = stopped ?? rows;
  const flip = (): void => setStopped(stopped ? null : rows);
  const came = stopped ? countNew(rows, stopped, rowKey) : 0;
  useShortcuts([{ keys: "p", says: "Stop the log, or let it go on", group: "Logs", run: flip }]);
  return (
    <>
      <div className="filters" role="search" aria-label="Filters">
        {children}
        {any && (
          <button type="button" className="button plain" onClick={clear}>
            Clear
          </button>
        )}
        <span className="filters-end">
          <span className="small quiet" aria-live="polite">
            {stopped
              ? came
                ? `${came} new`
                : "stopped"
              : `${rows.length.toLocaleString("en-US")} shown`}
          </span>
          <button
            type="button"
            className="button"
            aria-pressed={stopped !== null}
            title="p"
            onClick={flip}
          >
            {stopped ? "Follow" : "Pause"}
          </button>
          <button
            type="button"
            className="button"
            disabled={!shown.length}
            onClick={() =>
              void copy(JSON.stringify(shown, null, 2), `${shown.length} rows as JSON`)
            }
          >
            Copy as JSON
          </button>
        </span>
      </div>
      <ErrorNote error={pages.error} />
      <div style={{ minHeight: HEIGHT }}>
        <Table
          rows={shown}
          columns={columns}
          rowKey={rowKey}
          open={setOpen}
          {...(tone ? { tone } : {})}
          height={HEIGHT}
          label={label}
          more={stopped ? null : pages.more}
          empty={<Nothing any={any} pages={pages} />}
        />
      </div>
      {open && (
        <Dialog title={label} close={() => setOpen(null)}>
          {whole(open)}
          <div className="dialog-actions">
            <button
              type="button"
              className="button"
              onClick={() => void copy(JSON.stringify(open, null, 2), "it as JSON")}
            >
              Copy as JSON
            </button>
            <button
              type="button"
              className="button primary"
              onClick={() => setOpen(null)}
              autoFocus
            >
              Close
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function countNew<Row>(
  rows: readonly Row[],
  stopped: readonly Row[],
  rowKey: (row: Row) => string,
): number {
  const last = stopped[0];
  if (last === undefined) return rows.length;
  const at = rows.findIndex((row) => rowKey(row) === rowKey(last));
  return at < 0 ? rows.length : at;
}

function Nothing<Row>({ any, pages }: { any: boolean; pages: Pages<Row> }) {
  if (pages.loading) return <Empty title="Asking the desk …" />;
  const further = pages.more && (
    <button type="button" className="button" onClick={pages.more}>
      Look further back
    </button>
  );
  return (
    <Empty
      title={any ? "Nothing fits these filters." : "Nothing has happened yet."}
      action={further}
    >
      {any ? "Clear a filter, or look further back." : "It fills as the desk goes on."}
    </Empty>
  );
}
