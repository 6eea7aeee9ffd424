/** What was chosen, side by side: how each went, and every figure with the best one marked. */
import { useEffect, useState } from "react";

import { ask, type DeskError } from "../../api/client";
import type { BacktestView } from "../../api/shapes";
import { CurvesChart } from "../../components/Chart";
import { Arrow, Time } from "../../components/figures";
import { Empty, ErrorNote, Panel } from "../../components/parts";
import { asError } from "../../lib/asking";
import { bestOf, FIGURES, type Figure, type Ran, resultOf, titleOf, told } from "./result";

const COLOURS = ["line-1", "line-2", "line-3", "line-4", "line-5", "line-6"];

export function Compare({ ids }: { ids: readonly string[] }) {
  const { ran, error, loading } = useResults(ids);
  if (!ids.length) return null;
  if (!ran.length)
    return (
      <Panel title="Result">
        {error ? (
          <ErrorNote error={error} />
        ) : (
          <Empty title={loading ? "Reading the result …" : "What was chosen has no result."} />
        )}
      </Panel>
    );
  const curves = ran.map(({ view, result }, at) => ({
    id: view.id,
    colour: COLOURS[at] ?? "text",
    points: result.curve.ts_ns.map((ns, place) => [ns, result.curve.equity[place] ?? 0] as const),
  }));
  return (
    <>
      <ErrorNote error={error} />
      <Panel title={ran.length > 1 ? "Equity, each from its own start" : "Equity"}>
        <ul className="legend" aria-label="The lines">
          {ran.map(({ view }, at) => (
            <li key={view.id}>
              <i style={{ background: `var(--${COLOURS[at]})` }} />
              <span className="faint">{at + 1}</span> {titleOf(view)}
            </li>
          ))}
        </ul>
        <div style={{ height: 300 }}>
          <CurvesChart
            curves={curves}
            label={`Equity of ${ran.length} backtests, in percent from the start of each`}
          />
        </div>
      </Panel>
      <Panel title="Figures" flush>
        <Figures ran={ran} />
      </Panel>
      {ran.some(({ result }) => result.warnings.length > 0) && (
        <Panel title="Warnings">
          <ul className="stack">
            {ran.flatMap(({ view, result }, at) =>
              result.warnings.map((each) => (
                <li key={`${view.id} ${each}`} className="warn">
                  {at + 1}: {each}
                </li>
              )),
            )}
          </ul>
        </Panel>
      )}
    </>
  );
}

function Figures({ ran }: { ran: readonly Ran[] }) {
  return (
    <div className="rows-box" tabIndex={0} role="region" aria-label="Figures">
      <table className="rows figures" aria-label="Figures side by side">
        <thead>
          <tr>
            <th scope="col">Figure</th>
            {ran.map(({ view }, at) => (
              <th key={view.id} scope="col" className="right" title={titleOf(view)}>
                <span className="swatch" style={{ background: `var(--${COLOURS[at]})` }} /> {at + 1}{" "}
                {view.order.strategy.replaceAll("_", " ")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">From</th>
            {ran.map(({ view, result }) => (
              <td key={view.id} className="right">
                <Time ns={result.start_ns} />
              </td>
            ))}
          </tr>
          <tr>
            <th scope="row">To</th>
            {ran.map(({ view, result }) => (
              <td key={view.id} className="right">
                <Time ns={result.end_ns} />
              </td>
            ))}
          </tr>
          {FIGURES.map((figure) => (
            <FigureRow key={figure.name} figure={figure} ran={ran} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function FigureRow({ figure, ran }: { figure: Figure; ran: readonly Ran[] }) {
  const worths = ran.map(({ result }) => figure.of(result));
  if (worths.every((worth) => worth === null)) return null;
  const best = bestOf(figure, worths);
  return (
    <tr>
      <th scope="row">{figure.name}</th>
      {worths.map((worth, at) => (
        <td key={ran[at]?.view.id} className="right" data-best={at === best || undefined}>
          {at === best && <span className="best">best</span>}{" "}
          <Worth
            figure={figure}
            worth={worth}
            currency={figure.tells === "gain" ? (ran[at]?.result.currency ?? "") : ""}
          />
        </td>
      ))}
    </tr>
  );
}

function Worth({
  figure,
  worth,
  currency,
}: {
  figure: Figure;
  worth: string | number | null;
  currency: string;
}) {
  const size = Number(worth ?? 0);
  const tone = figure.tells.startsWith("gain") && size !== 0 ? (size > 0 ? "up" : "down") : "";
  return (
    <span className={`num nowrap ${tone}`}>
      {tone && <Arrow up={tone === "up"} />}
      {told(figure, worth)}
      {currency && worth !== null && <span className="faint small"> {currency}</span>}
    </span>
  );
}

/** The results of those that were chosen; each is asked for once. */
function useResults(ids: readonly string[]): {
  ran: Ran[];
  error: DeskError | null;
  loading: boolean;
} {
  const [known, setKnown] = useState<ReadonlyMap<string, BacktestView>>(new Map());
  const [error, setError] = useState<DeskError | null>(null);
  const missing = ids.filter((id) => !known.has(id)).join();
  useEffect(() => {
    if (!missing) return undefined;
    const stop = new AbortController();
    setError(null);
    for (const id of missing.split(",")) {
      ask<BacktestView>(`/backtests/${encodeURIComponent(id)}`, { signal: stop.signal })
        .then((view) => setKnown((was) => new Map(was).set(id, view)))
        .catch((failed: unknown) => {
          if (!stop.signal.aborted) setError(asError(failed));
        });
    }
    return () => stop.abort();
  }, [missing]);
  const ran = ids.flatMap((id): Ran[] => {
    const view = known.get(id) ?? null;
    const result = resultOf(view);
    return view && result ? [{ view, result }] : [];
  });
  return { ran, error, loading: missing !== "" && !error };
}
