import { type ReactNode, useState } from "react";
import { Link } from "react-router";

import { type Write, write } from "../../api/client";
import type { AccountView, AgeView, ScopeView } from "../../api/shapes";
import { Act } from "../../components/Act";
import { Num } from "../../components/figures";
import { Pairs, Panel, StatusPill } from "../../components/parts";
import { PreviewDialog } from "../../components/PreviewDialog";
import { useCarryOut } from "../../lib/commanding";
import { latency, number, words } from "../../lib/format";
import { useLive } from "../../live/store";
import { useScope } from "./Accounts";

/** One account with its buttons; what moves comes by the socket. */
export function Account({ row, again }: { row: AccountView; again: () => void }) {
  const scope = useScope(row.account);
  const link = useLive((live) => live.vitals?.links.find((each) => each.account === row.account));
  const ages = link?.ages ?? row.ages;
  const reconnects = link?.reconnects ?? row.reconnects;
  return (
    <Panel title={row.account} className="account" actions={<States row={row} scope={scope} />}>
      <div className="stack">
        <Doubts row={row} scope={scope} />
        <Pairs rows={pairsOf(row, scope)} />
        <Lines
          ages={ages}
          reconnects={reconnects}
          clock={link?.clock_ahead_us ?? row.clock_ahead_us}
          paper={row.mode === "paper"}
        />
        <Buttons row={row} again={again} />
      </div>
    </Panel>
  );
}

function States({ row, scope }: { row: AccountView; scope: ScopeView | undefined }) {
  const state = scope?.state ?? row.state;
  const ready = scope?.ready ?? row.ready;
  return (
    <>
      {!row.enabled && (
        <StatusPill state="disabled" tone="warn" title="It takes no new risk; exits go on." />
      )}
      <StatusPill state={state} title={scope?.cause ?? row.cause} />
      <StatusPill
        state={ready ? "ready" : row.session ? "not ready" : "no session"}
        tone={ready ? "ok" : "warn"}
        title={ready ? "Signed in, read back and in agreement." : "See what it waits for below."}
      />
    </>
  );
}

function Doubts({ row, scope }: { row: AccountView; scope: ScopeView | undefined }) {
  const doubts = scope?.doubts ?? row.doubts;
  const locks = Object.entries(scope?.locks ?? row.locks);
  const cause = scope?.cause || row.cause;
  if (!doubts.length && !locks.length && !cause) return null;
  return (
    <ul className="error" aria-label={`What ${row.account} waits for`}>
      {cause && <li>{cause}</li>}
      {doubts.map((each) => (
        <li key={each}>{each}</li>
      ))}
      {locks.map(([instrument, why]) => (
        <li key={instrument}>
          {instrument} is locked: {why}. <Link to="/risk">Unlock it under Risk.</Link>
        </li>
      ))}
    </ul>
  );
}

function pairsOf(row: AccountView, scope: ScopeView | undefined): [string, ReactNode][] {
  const left = scope?.requests_left ?? row.requests_left;
  const unknown = scope?.unknown_orders ?? row.unknown_orders;
  const rows: [string, ReactNode][] = [
    ["Venue", [row.venue, row.environment, row.mode].filter(Boolean).join(", ")],
    ["Balance", <Balances of={row.balances} />],
    ["Working orders", <Num value={row.open_orders} />],
    ["Unknown orders", <span className={unknown ? "danger" : ""}>{unknown}</span>],
    ["Requests left now", left === null ? "not told" : <Num value={left} />],
    ["Read back", row.reconciled ? "agrees with the venue" : "not yet"],
    [
      "Permissions",
      row.permissions.length
        ? row.permissions.map(words).join(", ")
        : row.mode === "paper"
          ? "a simulated venue asks for none"
          : "not told yet; test it",
    ],
    [
      "Keys",
      row.keys ? <code>{row.keys}</code> : row.mode === "paper" ? "none needed" : "none sealed",
    ],
    ["Proxy", row.proxy || "none"],
  ];
  if (Object.keys(row.hosts).length) rows.push(["Hosts", Object.values(row.hosts).join(", ")]);
  return rows;
}

function Balances({ of }: { of: Record<string, string> }) {
  const rows = Object.entries(of);
  if (!rows.length) return "none told";
  return (
    <span className="num">
      {rows.map(([currency, worth]) => (
        <span key={currency} className="nowrap balance">
          {number(worth, 2)} <span className="faint small">{currency}</span>
        </span>
      ))}
    </span>
  );
}

interface LinesProps {
  ages: Record<string, AgeView>;
  reconnects: Record<string, number>;
  clock: number | null;
  paper: boolean;
}

/** How old news are when they come, by stream, and how often each line was made anew. */
function Lines({ ages, reconnects, clock, paper }: LinesProps) {
  const streams = Object.entries(ages);
  const lines = Object.entries(reconnects);
  if (!streams.length && !lines.length)
    return (
      <p className="quiet small">
        {paper
          ? "Its simulated venue is in the desk itself: there is no line whose latency could be told."
          : "No line has told its latency yet."}
      </p>
    );
  return (
    <table className="ages">
      <caption className="quiet small">
        Age of news when they come
        {clock !== null &&
          `; the venue's clock is ${latency(Math.abs(clock))} ${clock < 0 ? "behind" : "ahead"}`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Stream</th>
          <th scope="col">Half within</th>
          <th scope="col">99 % within</th>
          <th scope="col">Worst</th>
        </tr>
      </thead>
      <tbody>
        {streams.map(([stream, age]) => (
          <tr key={stream}>
            <th scope="row">{words(stream)}</th>
            <td>{latency(age.p50_us)}</td>
            <td>{latency(age.p99_us)}</td>
            <td>{latency(age.worst_us)}</td>
          </tr>
        ))}
        {lines.map(([line, count]) => (
          <tr key={`line ${line}`}>
            <th scope="row">{words(line)}</th>
            <td colSpan={3}>{count === 1 ? "made anew once" : `made anew ${count} times`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Buttons({ row, again }: { row: AccountView; again: () => void }) {
  const { run, busy } = useCarryOut();
  const [asking, setAsking] = useState(false);
  const enabled = !row.enabled;
  const name = row.account;
  const told: Write = write({ type: "EnableAccount", account: name, enabled });
  const reconcile = async (): Promise<void> => {
    await run(write({ type: "Reconcile", account: name }));
    again();
  };
  return (
    <div className="line">
      <Act
        needs="trader"
        label={`Reconcile ${name}`}
        off={busy ? "Under way." : undefined}
        says="Reads its orders, fills, positions and balances at the venue again and compares"
        onClick={() => void reconcile()}
      >
        {busy ? "Reading …" : "Reconcile"}
      </Act>
      <Act
        needs="admin"
        label={`${enabled ? "Enable" : "Disable"} ${name}`}
        says={enabled ? "Lets it take new risk again" : "It takes no new risk; exits go on"}
        onClick={() => setAsking(true)}
      >
        {enabled ? "Enable" : "Disable"}
      </Act>
      <Link className="button plain" to={`/orders?account=${encodeURIComponent(name)}`}>
        Orders
      </Link>
      {asking && (
        <PreviewDialog
          title={`${enabled ? "Enable" : "Disable"} ${name}`}
          verb={enabled ? "Enable" : "Disable"}
          write={told}
          close={() => setAsking(false)}
          done={again}
        />
      )}
    </div>
  );
}
