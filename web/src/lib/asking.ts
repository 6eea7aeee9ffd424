/** Ask the API once for what a page shows; again only when told, or when the question changes. */
import { useCallback, useEffect, useState } from "react";

import { ask, DeskError, pathOf } from "../api/client";
import type { Page } from "../api/shapes";

type Query = Record<string, string | number | boolean | null | undefined>;

export interface Asked<Answer> {
  data: Answer | null;
  error: DeskError | null;
  loading: boolean;
  again: () => void;
}

export function asError(error: unknown): DeskError {
  if (error instanceof DeskError) return error;
  return new DeskError(error instanceof Error ? error.message : String(error), "failed", 0);
}

/** Ask for a path below /api, null for nothing yet. The last answer stays while the next is awaited. */
export function useAsk<Answer>(path: string | null, query: Query = {}): Asked<Answer> {
  const address = path === null ? null : pathOf(path, query);
  const [state, setState] = useState<{
    of: string | null;
    data: Answer | null;
    error: DeskError | null;
  }>({
    of: null,
    data: null,
    error: null,
  });
  const [loading, setLoading] = useState(address !== null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (address === null) return undefined;
    const stop = new AbortController();
    setLoading(true);
    ask<Answer>(address, { signal: stop.signal })
      .then((data) => setState({ of: address, data, error: null }))
      .catch((error: unknown) => {
        if (!stop.signal.aborted)
          setState((was) => ({
            of: address,
            data: was.of === address ? was.data : null,
            error: asError(error),
          }));
      })
      .finally(() => {
        if (!stop.signal.aborted) setLoading(false);
      });
    return () => stop.abort();
  }, [address, turn]);
  const again = useCallback(() => setTurn((was) => was + 1), []);
  return { data: state.data, error: state.error, loading, again };
}

export interface Pages<Row> {
  rows: Row[];
  error: DeskError | null;
  loading: boolean;
  /** Ask for the rows before the last one; null when there are none. */
  more: (() => void) | null;
}

/** A list by cursor: the first page at once, later ones when `more` is called. */
export function usePages<Row>(path: string | null, query: Query = {}): Pages<Row> {
  const address = path === null ? null : pathOf(path, query);
  const [pages, setPages] = useState<{ rows: Row[]; next: string | null }>({
    rows: [],
    next: null,
  });
  const [error, setError] = useState<DeskError | null>(null);
  const [loading, setLoading] = useState(false);
  const load = useCallback(
    async (cursor: string | null, signal?: AbortSignal) => {
      if (address === null) return;
      setLoading(true);
      try {
        const query: Query = cursor === null ? {} : { cursor };
        const [plain, words = ""] = address.split("?");
        const asked = Object.fromEntries(new URLSearchParams(words));
        const page = await ask<Page<Row>>(
          pathOf(plain ?? address, { ...asked, ...query }),
          signal ? { signal } : {},
        );
        setPages((was) => ({
          rows: cursor === null ? page.rows : [...was.rows, ...page.rows],
          next: page.next,
        }));
        setError(null);
      } catch (failed) {
        if (!signal?.aborted) setError(asError(failed));
      } finally {
        if (!signal?.aborted) setLoading(false);
      }
    },
    [address],
  );
  useEffect(() => {
    setPages({ rows: [], next: null });
    const stop = new AbortController();
    void load(null, stop.signal);
    return () => stop.abort();
  }, [load]);
  const { next } = pages;
  return { rows: pages.rows, error, loading, more: next === null ? null : () => void load(next) };
}
