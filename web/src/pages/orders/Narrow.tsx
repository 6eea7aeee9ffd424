import type { OrderStatus } from "../../api/shapes";
import { Find, Pick } from "../../components/Pick";
import type { Filters } from "../../lib/filters";
import { words } from "../../lib/format";
import type { Live } from "../../live/state";
import { useLiveList } from "../../live/store";

export const NAMES = ["tab", "instance", "account", "instrument", "status", "open"] as const;
export type Name = (typeof NAMES)[number];
const STATUSES: readonly OrderStatus[] = [
  "pending_new",
  "new",
  "partially_filled",
  "filled",
  "pending_cancel",
  "cancelled",
  "pending_replace",
  "rejected",
  "expired",
  "denied",
  "parked",
  "not_sent",
  "unknown",
];

const instances = (live: Live): string[] =>
  [
    ...new Set([...live.instances.keys(), ...[...live.orders.values()].map((row) => row.instance)]),
  ].sort();
const accounts = (live: Live): string[] =>
  [...live.scopes.values()].filter((row) => row.kind === "account").map((row) => row.name);

/** The fields that narrow the blotter. */
export function Narrow({ filters, orders }: { filters: Filters<Name>; orders: boolean }) {
  const { values, set, clear, any } = filters;
  const knownInstances = useLiveList(instances);
  const knownAccounts = useLiveList(accounts);
  return (
    <div className="filters" role="search" aria-label="Filters">
      <Find
        label="Instrument"
        value={values.instrument}
        change={(value) => set("instrument", value)}
      />
      <Pick
        label="Instance"
        value={values.instance}
        options={knownInstances}
        all="All instances"
        choose={(value) => set("instance", value)}
      />
      <Pick
        label="Account"
        value={values.account}
        options={knownAccounts}
        all="All accounts"
        choose={(value) => set("account", value)}
      />
      {orders && (
        <Pick
          label="OrdStatus"
          value={values.status}
          options={STATUSES.map((each) => [each, words(each)] as const)}
          all="Any status"
          choose={(value) => set("status", value)}
        />
      )}
      {orders && (
        <label className="check">
          <input
            type="checkbox"
            checked={values.open === "yes"}
            onChange={(event) => set("open", event.target.checked ? "yes" : "")}
          />
          Open only
        </label>
      )}
      {any && (
        <button type="button" className="button plain" onClick={clear}>
          Clear
        </button>
      )}
    </div>
  );
}
