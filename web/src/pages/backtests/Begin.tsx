/** A backtest to run: which strategy, on which history, with what. */
import { useMemo, useState } from "react";

import { ask, type DeskError, newCommandId } from "../../api/client";
import type { BacktestOrder, BacktestView, DataView, Page, StrategyView } from "../../api/shapes";
import { Act } from "../../components/Act";
import { Field, type Typed, typedOf, valueOf, wrongOf } from "../../components/Field";
import { Pick } from "../../components/Pick";
import { Empty, ErrorNote, Panel } from "../../components/parts";
import { toast } from "../../components/toasts";
import { asError, useAsk } from "../../lib/asking";
import { titled } from "../../lib/format";

// What says nothing of a market's prices cannot be traded on by itself.
const BESIDE = new Set(["funding", "reference"]);
const PLAIN = { balance: "10000", leverage: "10", latency_ms: "0", slippage_bps: "0" };
const NUMBER = /^\d+(\.\d+)?$/;

const keyOf = (row: DataView): string => `${row.folder}\n${row.instrument}\n${row.kind}`;
const dayOf = (moment: string): string => moment.slice(0, 16).replace(":00Z", "");
const toldOf = (row: DataView): string =>
  `${row.instrument}, ${row.kind.replace(":", " ")}, ${row.rows.toLocaleString("en-US")} rows, ${dayOf(row.first)} to ${dayOf(row.last)}${row.folder.includes("demo") ? " (demo)" : ""}`;

export function Begin({ began }: { began: () => void }) {
  const strategies = useAsk<Page<StrategyView>>("/strategies");
  const data = useAsk<Page<DataView>>("/data");
  const [name, setName] = useState("");
  const [series, setSeries] = useState("");
  const usable = (data.data?.rows ?? []).filter((row) => !BESIDE.has(row.kind));
  const known = strategies.data?.rows.filter((each) => !each.error) ?? [];
  const strategy = known.find((each) => each.name === name);
  const chosen = usable.find((row) => keyOf(row) === series);
  return (
    <Panel title="Run a backtest">
      <div className="stack">
        <ErrorNote
          error={strategies.error ?? data.error}
          again={strategies.error ? strategies.again : data.again}
        />
        <div className="form-grid wide-fields">
          <label className="field">
            <span className="label">Strategy</span>
            <Pick
              label="Strategy"
              value={name}
              all="Choose one"
              options={known.map((each) => [each.name, each.title || titled(each.name)] as const)}
              choose={setName}
            />
            <span className="help">
              {strategy ? firstOf(strategy.doc) : "The same class that trades live."}
            </span>
          </label>
          <label className="field">
            <span className="label">History</span>
            <Pick
              label="History"
              value={series}
              all="Choose one"
              options={usable.map((row) => [keyOf(row), toldOf(row)] as const)}
              choose={setSeries}
            />
            <span className="help">What was imported, and what this desk has recorded itself.</span>
          </label>
        </div>
        {data.data && !usable.length && (
          <Empty title="There is no history yet.">
            Bring some in with: tradewind data import FILE --instrument VENUE:SYMBOL — or let the
            desk record for a while.
          </Empty>
        )}
        {strategy && chosen && (
          <Form key={strategy.name} strategy={strategy} series={chosen} began={began} />
        )}
      </div>
    </Panel>
  );
}

const firstOf = (doc: string): string => (doc.split(/\n\s*\n/)[0] ?? "").replaceAll("\n", " ");

type Plain = typeof PLAIN;

const ASKED: readonly (readonly [keyof Plain, string, string, string])[] = [
  ["balance", "Balance", "quote currency", "What the account begins with."],
  ["leverage", "Leverage", "times", "How much margin an order takes."],
  ["latency_ms", "Latency", "ms", "To the venue, and back."],
  ["slippage_bps", "Slippage", "basis points", "Of fills on candles, against you."],
];

function Form({
  strategy,
  series,
  began,
}: {
  strategy: StrategyView;
  series: DataView;
  began: () => void;
}) {
  const [typed, setTyped] = useState<Record<string, Typed>>({});
  const [plain, setPlain] = useState(PLAIN);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<DeskError | null>(null);
  const wrong = useMemo(() => faultOf(strategy, typed, plain), [strategy, typed, plain]);
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const made = await ask<BacktestView>("/backtests", {
        method: "POST",
        body: orderOf(strategy, series, typed, plain),
        headers: { "Idempotency-Key": newCommandId() },
      });
      toast("ok", "Under way", `Backtest ${made.id} waits for those before it.`);
      began();
    } catch (failed) {
      setError(asError(failed));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong && !busy) void run();
      }}
    >
      <div className="form-grid">
        {ASKED.map(([key, label, unit, help]) => (
          <label key={key} className="field">
            <span className="label">
              {label} <span className="unit">{unit}</span>
            </span>
            <input
              className="input num"
              inputMode="decimal"
              value={plain[key]}
              aria-invalid={!NUMBER.test(plain[key]) || undefined}
              onChange={(event) => setPlain({ ...plain, [key]: event.target.value.trim() })}
            />
            <span className="help">{help}</span>
          </label>
        ))}
      </div>
      <details className="more" open={strategy.parameters.some((each) => each.required)}>
        <summary>Parameters ({strategy.parameters.length}); empty means the usual</summary>
        <div className="form-grid">
          {strategy.parameters.map((each) => (
            <Field
              key={each.name}
              schema={each}
              value={typed[each.name] ?? (each.type === "bool" ? typedOf(each, each.default) : "")}
              change={(value) => setTyped({ ...typed, [each.name]: value })}
            />
          ))}
        </div>
      </details>
      <ErrorNote error={error} />
      <div className="line">
        <Act
          needs="trader"
          className="primary"
          off={wrong || (busy ? "Under way." : undefined)}
          onClick={() => void run()}
        >
          {busy ? "Asking …" : "Run the backtest"}
        </Act>
        <span className="quiet small">{wrong}</span>
      </div>
    </form>
  );
}

function faultOf(strategy: StrategyView, typed: Record<string, Typed>, plain: Plain): string {
  for (const [key, label] of ASKED)
    if (!NUMBER.test(plain[key])) return `${label} is not a number.`;
  for (const each of strategy.parameters) {
    const fault = wrongOf(each, typed[each.name] ?? (each.type === "bool" ? false : ""));
    if (fault) return `${titled(each.name)} ${fault}.`;
  }
  return "";
}

function orderOf(
  strategy: StrategyView,
  series: DataView,
  typed: Record<string, Typed>,
  plain: Plain,
): BacktestOrder {
  const parameters: Record<string, unknown> = {};
  for (const each of strategy.parameters) {
    const said = typed[each.name];
    const value = said === undefined ? undefined : valueOf(each, said);
    if (value !== undefined) parameters[each.name] = value;
  }
  // A store's candles are found by their interval; the other kinds by name.
  const [kind, interval = ""] = series.kind.split(":");
  return {
    strategy: strategy.name,
    data: [series.folder],
    instrument: series.instrument,
    parameters,
    ...(kind === "candle" ? { interval } : { kind: series.kind }),
    balance: plain.balance,
    leverage: plain.leverage,
    latency_ms: Number(plain.latency_ms),
    slippage_bps: plain.slippage_bps,
  };
}
