/** Backtests: begin one, see how far those are that run, lay several beside each other. */
import { useState } from "react";

import { ask } from "../../api/client";
import type { BacktestView } from "../../api/shapes";
import { Act } from "../../components/Act";
import { Time } from "../../components/figures";
import { Empty, ErrorNote, Meter, PageHead, Panel, StatusPill } from "../../components/parts";
import { type Column, Table } from "../../components/Table";
import { toast, toastError } from "../../components/toasts";
import { asError } from "../../lib/asking";
import { useFilters } from "../../lib/filters";
import { percent, span } from "../../lib/format";
import { Begin } from "./Begin";
import { Compare } from "./Compare";
import { titleOf } from "./result";
import { useBacktests } from "./useBacktests";

const MOST = 6;

export default function Backtests() {
  const { rows, error, loading, more, again } = useBacktests();
  const { values, set } = useFilters(["chosen"] as const);
  const [open, setOpen] = useState(false);
  const chosen = values.chosen ? values.chosen.split(",") : [];
  const flip = (id: string): void =>
    set(
      "chosen",
      (chosen.includes(id)
        ? chosen.filter((each) => each !== id)
        : [...chosen, id].slice(-MOST)
      ).join(","),
    );
  return (
    <div className="page">
      <PageHead
        title="Backtests"
        actions={
          <Act needs="trader" className={open ? "" : "primary"} onClick={() => setOpen(!open)}>
            {open ? "Close the form" : "Run one"}
          </Act>
        }
      />
      {open && (
        <Begin
          began={() => {
            setOpen(false);
            again();
          }}
        />
      )}
      <Panel
        title="Runs"
        flush
        actions={
          <span>
            {chosen.length
              ? `${chosen.length} chosen`
              : "choose one to see it, two or more to compare"}
          </span>
        }
      >
        <ErrorNote error={error} again={again} />
        <div style={{ minHeight: 200 }}>
          <Table
            rows={rows}
            columns={columnsOf(chosen, flip, again)}
            rowKey={(row) => row.id}
            open={(row) => row.state === "done" && flip(row.id)}
            label="Backtests"
            more={more}
            empty={
              loading ? (
                <Empty title="Asking the desk …" />
              ) : (
                <Empty title="No backtest has been run yet.">
                  Run one on recorded history; its figures and its whole report are kept here.
                </Empty>
              )
            }
          />
        </div>
      </Panel>
      <Compare ids={chosen} />
    </div>
  );
}

function columnsOf(
  chosen: readonly string[],
  flip: (id: string) => void,
  again: () => void,
): Column<BacktestView>[] {
  return [
    {
      key: "what",
      head: "Backtest",
      wide: true,
      card: "title",
      sort: titleOf,
      cell: (row) => <Name row={row} chosen={chosen.includes(row.id)} flip={() => flip(row.id)} />,
    },
    {
      key: "state",
      head: "State",
      card: "worth",
      sort: (row) => row.state,
      cell: (row) => <State row={row} />,
    },
    {
      key: "asked",
      head: "Asked",
      right: true,
      sort: (row) => row.asked_ns,
      cell: (row) => <Time ns={row.asked_ns} />,
    },
    {
      key: "took",
      head: "Took",
      right: true,
      sort: (row) => row.ended_ns - row.began_ns,
      cell: (row) => (
        <span className="num">
          {row.began_ns ? span((row.ended_ns || Date.now() * 1e6) - row.began_ns) : "–"}
        </span>
      ),
    },
    { key: "by", head: "By", sort: (row) => row.by, cell: (row) => row.by },
    { key: "acts", head: "", card: "acts", cell: (row) => <Acts row={row} again={again} /> },
  ];
}

function Name({ row, chosen, flip }: { row: BacktestView; chosen: boolean; flip: () => void }) {
  return (
    <label className="run-name" title={`${row.id}\n${row.order.data.join("\n")}`}>
      <input
        type="checkbox"
        aria-label={`Choose ${row.id}`}
        checked={chosen}
        disabled={row.state !== "done"}
        title={row.state === "done" ? "" : "It has no result."}
        onChange={flip}
      />
      {titleOf(row)}
    </label>
  );
}

function State({ row }: { row: BacktestView }) {
  if (row.state !== "running")
    return (
      <StatusPill
        state={row.state}
        tone={row.state === "failed" ? "danger" : row.state === "done" ? "ok" : ""}
        title={row.error}
      />
    );
  return (
    <span className="progress" aria-live="off">
      <Meter used={Math.min(row.progress, 0.79)} label={`How far ${row.id} is`} />
      <span className="num">{percent(row.progress)}</span>
    </span>
  );
}

function Acts({ row, again }: { row: BacktestView; again: () => void }) {
  const ends = row.state === "running" || row.state === "waiting";
  const drop = (): void => {
    ask(`/backtests/${encodeURIComponent(row.id)}`, { method: "DELETE" })
      .then(again)
      .catch((error: unknown) => toastError(asError(error)));
  };
  return (
    <span className="row-acts">
      {row.has_report ? (
        <a
          className="button little"
          href={`/api/backtests/${encodeURIComponent(row.id)}/report`}
          target="_blank"
          rel="noreferrer"
          aria-label={`Report of ${row.id}`}
        >
          Report ↗
        </a>
      ) : (
        row.state === "failed" && (
          <button
            type="button"
            className="button little"
            onClick={() => toast("danger", "Why it failed", row.error)}
            title={row.error}
            aria-label={`Why ${row.id} failed`}
          >
            Why
          </button>
        )
      )}
      <Act
        needs="trader"
        className="little plain"
        label={`${ends ? "End" : "Forget"} ${row.id}`}
        says={ends ? "Ends it and forgets it" : "Forgets it with its report"}
        onClick={drop}
      >
        {ends ? "End" : "Forget"}
      </Act>
    </span>
  );
}
