/** What a backtest tells of itself, as the command line prints it with --json. */
import type { BacktestView } from "../../api/shapes";
import { money, number, percent } from "../../lib/format";

export interface Result {
  currency: string;
  start_ns: number;
  end_ns: number;
  starting_equity: string;
  final_equity: string;
  net_pnl: string;
  gross_pnl: string;
  fees: string;
  funding: string;
  decision_hash: string;
  code_version: string;
  counts: Record<string, number>;
  statistics: Record<string, number | null | string | unknown[]>;
  warnings: string[];
  curve: { ts_ns: number[]; equity: number[] };
}

export interface Ran {
  view: BacktestView;
  result: Result;
}

/** The result of one that is done; null where it has none. */
export const resultOf = (view: BacktestView | null): Result | null =>
  view?.state === "done" && view.result ? (view.result as Result) : null;

/** How it is called among others: its strategy, what it ran on, and what was set. */
export function titleOf({ order }: BacktestView): string {
  const set = Object.entries(order.parameters ?? {}).map(
    ([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [
    order.strategy.replaceAll("_", " "),
    order.instrument,
    ...set.slice(0, 3),
    set.length > 3 ? `and ${set.length - 3} more` : "",
  ]
    .filter(Boolean)
    .join(", ");
}

type Tells = "gain" | "share" | "gain share" | "number" | "count" | "text" | "days";

export interface Figure {
  name: string;
  tells: Tells;
  of: (result: Result) => string | number | null;
  /** Whether more is better, for marking the best one. */
  more?: boolean;
}

const statistic =
  (name: string) =>
  (result: Result): number | null => {
    const found = result.statistics[name];
    return typeof found === "number" ? found : null;
  };

export const FIGURES: readonly Figure[] = [
  { name: "Net result", tells: "gain", of: (result) => result.net_pnl, more: true },
  { name: "Return", tells: "gain share", of: statistic("total_return"), more: true },
  { name: "Return a year", tells: "gain share", of: statistic("cagr"), more: true },
  { name: "Volatility a year", tells: "share", of: statistic("volatility"), more: false },
  { name: "Sharpe", tells: "number", of: statistic("sharpe"), more: true },
  { name: "Sortino", tells: "number", of: statistic("sortino"), more: true },
  { name: "Calmar", tells: "number", of: statistic("calmar"), more: true },
  { name: "Deepest drawdown", tells: "gain share", of: statistic("max_drawdown"), more: true },
  { name: "Longest drawdown", tells: "days", of: statistic("longest_drawdown_days"), more: false },
  { name: "Round trips", tells: "count", of: statistic("round_trips") },
  { name: "Won", tells: "share", of: statistic("win_rate"), more: true },
  { name: "Profit factor", tells: "number", of: statistic("profit_factor"), more: true },
  { name: "Expectancy", tells: "gain", of: statistic("expectancy"), more: true },
  { name: "Time in the market", tells: "share", of: statistic("exposure") },
  { name: "Fees", tells: "number", of: (result) => result.fees, more: false },
  { name: "Funding", tells: "gain", of: (result) => result.funding },
  { name: "Filled as maker", tells: "share", of: statistic("maker_share"), more: true },
  { name: "Orders denied", tells: "count", of: (result) => result.counts["denied"] ?? null },
  { name: "Brier score", tells: "number", of: statistic("brier_score"), more: false },
];

export function told(figure: Figure, worth: string | number | null): string {
  if (worth === null) return "–";
  if (figure.tells === "gain") return money(worth, true);
  if (figure.tells === "gain share") return `${number(Number(worth) * 100, 2, true)} %`;
  if (figure.tells === "share") return percent(Number(worth), 1);
  if (figure.tells === "days") return `${number(worth, 1)} d`;
  if (figure.tells === "count") return number(worth, 0);
  return number(worth, 2);
}

/** The place of the best of several, null where nobody can say or all are alike. */
export function bestOf(figure: Figure, worths: readonly (string | number | null)[]): number | null {
  if (figure.more === undefined) return null;
  const known = worths.map((worth) => (worth === null ? null : Number(worth)));
  const found = known.filter((worth): worth is number => worth !== null);
  if (found.length < 2 || new Set(found).size === 1) return null;
  const best = figure.more ? Math.max(...found) : Math.min(...found);
  return known.indexOf(best);
}
