/** Scopes in the order in which limits hold: the desk, its venues, their accounts, their instances. */
import type { AccountView, InstanceView, ScopeView } from "../../api/shapes";
import { scopeKey } from "../../live/state";

export interface Branch {
  scope: ScopeView;
  depth: number;
  /** Whatever else it belongs to. */
  also: string;
}

export function treeOf(
  scopes: ReadonlyMap<string, ScopeView>,
  accounts: readonly AccountView[],
  instances: ReadonlyMap<string, InstanceView>,
): Branch[] {
  const found: Branch[] = [];
  const placed = new Set<string>();
  const put = (key: string, depth: number, also = ""): boolean => {
    const scope = scopes.get(key);
    if (!scope || placed.has(key)) return false;
    placed.add(key);
    found.push({ scope, depth, also });
    return true;
  };
  const all = [...scopes.values()];
  put(scopeKey("desk", ""), 0);
  for (const venue of all.filter((each) => each.kind === "venue")) {
    put(scopeKey("venue", venue.name), 1);
    for (const account of accounts.filter((each) => each.venue === venue.name)) {
      put(scopeKey("account", account.account), 2);
      // One that trades on several accounts stands under its first, and says so.
      for (const instance of instances.values()) {
        const [first, ...others] = instance.accounts;
        if (first === account.account)
          put(scopeKey("instance", instance.instance), 3, others.join(", "));
      }
    }
  }
  // Until it is known where they belong, they stand where they can be seen.
  for (const each of all) put(scopeKey(each.kind, each.name), DEPTHS[each.kind]);
  return found;
}

const DEPTHS = { desk: 0, venue: 1, account: 2, instance: 3 } as const;

export interface Lock {
  account: string;
  instrument: string;
  why: string;
}

export const locksOf = (scopes: ReadonlyMap<string, ScopeView>): Lock[] =>
  [...scopes.values()]
    .filter((each) => each.kind === "account")
    .flatMap((each) =>
      Object.entries(each.locks).map(([instrument, why]) => ({
        account: each.name,
        instrument,
        why,
      })),
    );
