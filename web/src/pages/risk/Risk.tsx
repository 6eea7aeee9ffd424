/** What bounds the desk and how much of it is used; what has tripped; the ways to stop and go on. */
import { useMemo } from "react";

import type { AccountView, NewsView, Page } from "../../api/shapes";
import { Age, Money } from "../../components/figures";
import { Empty, ErrorNote, Meter, PageHead, Panel, StatusPill, Tile } from "../../components/parts";
import { EVENT_COLUMNS } from "../../components/rows";
import { Table } from "../../components/Table";
import { useAsk } from "../../lib/asking";
import { money, percent } from "../../lib/format";
import { scopeKey, type Live } from "../../live/state";
import { useLive, useLiveList } from "../../live/store";
import { Locks } from "./Locks";
import { ScopeRow } from "./ScopeRow";
import { treeOf } from "./tree";

export default function Risk() {
  const { data, error, again } = useAsk<Page<AccountView>>("/accounts");
  const scopes = useLive((live) => live.scopes);
  const instances = useLive((live) => live.instances);
  const whole = useLive((live) => live.whole);
  const tree = useMemo(
    () => treeOf(scopes, data?.rows ?? [], instances),
    [scopes, data, instances],
  );
  return (
    <div className="page">
      <PageHead title="Risk" />
      <Standing />
      <ErrorNote error={error} again={again} />
      <Locks />
      <Panel
        title="Limits, from the desk down"
        flush
        actions={<span>an order must pass every one above it</span>}
      >
        {tree.length > 0 ? (
          <ul className="limits live" aria-label="Scopes and their limits">
            {tree.map((branch) => (
              <ScopeRow key={`${branch.scope.kind} ${branch.scope.name}`} branch={branch} />
            ))}
          </ul>
        ) : (
          <Empty title={whole ? "This desk has no scope yet." : "Waiting for the desk …"} />
        )}
      </Panel>
      <Panel title="Trips and denials" flush>
        <Trips />
      </Panel>
    </div>
  );
}

const STANDS = {
  active: "takes new risk",
  reducing: "exits only",
  halted: "cancels and exits only",
} as const;

function Standing() {
  const desk = useLive((live) => live.scopes.get(scopeKey("desk", "")));
  const killing = useLive((live) => live.vitals?.kill_state);
  const vitals = useLive((live) => live.vitals);
  const stopped = useLive(
    (live) =>
      [...live.scopes.values()].filter((each) => each.kind !== "desk" && each.state !== "active")
        .length,
  );
  const day = vitals?.day;
  const limit = day?.limit ? Math.abs(day.limit) : null;
  const lost = day && limit ? Math.max(0, -day.net) / limit : 0;
  return (
    <div className="tiles">
      <Tile
        name="The desk"
        note={
          killing === "killing"
            ? "a kill is under way"
            : desk?.cause || STANDS[desk?.state ?? "active"]
        }
      >
        <StatusPill state={desk?.state ?? "waiting"} />
      </Tile>
      <Tile name="Stopped below it" note="venues, accounts, instances" tone={stopped ? "warn" : ""}>
        {stopped}
      </Tile>
      <Tile
        name="Day"
        tone={lost >= 0.8 ? "danger" : ""}
        note={
          limit ? (
            <>
              <Meter used={lost} label="Day's loss against its limit" />
              {percent(lost)} of −{money(limit)} used
            </>
          ) : (
            "no day limit is set"
          )
        }
      >
        <Money value={day?.net} currency={day?.currency ?? ""} gain />
      </Tile>
      <Tile name="Day began" note="ago">
        <Age ns={day?.since_ns ?? 0} />
      </Tile>
      <Tile
        name="Unknown orders"
        tone={vitals?.unknown_orders ? "danger" : ""}
        note={vitals?.unknown_orders ? "counted at their worst" : "none in doubt"}
      >
        {vitals?.unknown_orders ?? "–"}
      </Tile>
      <Tile
        name="Unprotected"
        tone={vitals?.unprotected ? "warn" : ""}
        note={vitals?.unprotected ? "positions without a stop" : "every stop stands"}
      >
        {vitals?.unprotected ?? "–"}
      </Tile>
    </div>
  );
}

const MOST = 200;
// The gate's denials, changes of what may trade, and whatever is louder than a note.
const RISKY = /^(denied|trading|barred|locked|contradiction)$/;
const trips = (live: Live): NewsView[] =>
  live.events
    .filter((row) => row.level !== "info" || RISKY.test(row.kind))
    .slice(-MOST)
    .reverse();

function Trips() {
  const rows = useLiveList(trips);
  return (
    <Table
      rows={rows}
      columns={EVENT_COLUMNS}
      rowKey={(row) => `${row.seq} ${row.kind} ${row.text}`}
      height={420}
      label="Trips and denials"
      empty={
        <Empty title="Nothing has tripped and nothing was denied lately.">
          What the gate refuses and every limit that stops something shows here with its cause;
          older ones are under Logs.
        </Empty>
      }
    />
  );
}
