/** Filters that stand in the address, so that a link or a reload shows the same rows. */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

export interface Filters<Name extends string> {
  values: Record<Name, string>;
  set: (name: Name, value: string) => void;
  clear: () => void;
  any: boolean;
}

export function useFilters<Name extends string>(names: readonly Name[]): Filters<Name> {
  const [params, setParams] = useSearchParams();
  const key = names.map((name) => params.get(name) ?? "").join("\n");
  const values = useMemo(() => {
    const parts = key.split("\n");
    return Object.fromEntries(names.map((name, at) => [name, parts[at] ?? ""])) as Record<
      Name,
      string
    >;
    // The names are written out at each drawing; what stands in the address says all.
  }, [key]);
  const set = useCallback(
    (name: Name, value: string) =>
      setParams(
        (was) => {
          const next = new URLSearchParams(was);
          if (value) next.set(name, value);
          else next.delete(name);
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  const clear = useCallback(() => setParams({}, { replace: true }), [setParams]);
  return { values, set, clear, any: names.some((name) => values[name] !== "") };
}
