import { useEffect, useRef, useState } from "react";

import { ask, type DeskError } from "../../api/client";
import type { BacktestView, Page } from "../../api/shapes";
import { asError, usePages } from "../../lib/asking";

const EVERY_MS = 700;

interface Backtests {
  rows: readonly BacktestView[];
  error: DeskError | null;
  loading: boolean;
  more: (() => void) | null;
  again: () => void;
}

/**
 * The backtests, newest first. They are the gateway's own and nothing of them comes by the socket:
 * while one waits or runs, and only then, the newest are asked for again and again.
 */
export function useBacktests(): Backtests {
  const pages = usePages<BacktestView>("/backtests", { limit: 100 });
  const [newest, setNewest] = useState<{
    rows: readonly BacktestView[];
    error: DeskError | null;
  } | null>(null);
  const [turn, setTurn] = useState(0);
  const rows = joined(newest?.rows ?? null, pages.rows);
  const under = rows.some((row) => row.state === "running" || row.state === "waiting");
  const stop = useRef(new AbortController());
  useEffect(() => {
    if (!under && turn === 0) return undefined;
    const mine = new AbortController();
    stop.current = mine;
    const look = (): void => {
      ask<Page<BacktestView>>("/backtests", { query: { limit: 100 }, signal: mine.signal })
        .then(({ rows: found }) => setNewest({ rows: found, error: null }))
        .catch((error: unknown) => {
          if (!mine.signal.aborted)
            setNewest((was) => ({ rows: was?.rows ?? [], error: asError(error) }));
        });
    };
    look();
    const timer = under ? setInterval(look, EVERY_MS) : undefined;
    return () => {
      mine.abort();
      clearInterval(timer);
    };
  }, [under, turn]);
  return {
    rows,
    error: newest?.error ?? pages.error,
    loading: pages.loading,
    more: pages.more,
    again: () => setTurn((was) => was + 1),
  };
}

/** What was asked last says which of the newest there are; older ones stand as they came. */
function joined(
  newest: readonly BacktestView[] | null,
  pages: readonly BacktestView[],
): readonly BacktestView[] {
  if (!newest) return pages;
  const last = newest.at(-1)?.asked_ns ?? Number.POSITIVE_INFINITY;
  return newest.length < 100 ? newest : [...newest, ...pages.filter((row) => row.asked_ns < last)];
}
