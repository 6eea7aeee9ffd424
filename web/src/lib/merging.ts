/** Rows of the socket and of the history as one list: what the socket says of a row is newer. */
import { useMemo } from "react";

export function useMerged<Row>(
  live: readonly Row[],
  earlier: readonly Row[],
  keyOf: (row: Row) => string,
  atOf: (row: Row) => number,
): readonly Row[] {
  return useMemo(() => {
    const known = new Map<string, Row>();
    for (const row of earlier) known.set(keyOf(row), row);
    for (const row of live) known.set(keyOf(row), row);
    return [...known.values()].sort((one, other) => atOf(other) - atOf(one));
    // The two functions are written out at each drawing and always mean the same.
  }, [live, earlier]);
}
