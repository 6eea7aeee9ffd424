/** Accounts: where they are, whether they may trade, how their connections do. */
import { useEffect } from "react";

import type { AccountView, Page } from "../../api/shapes";
import { Empty, ErrorNote, PageHead, Panel } from "../../components/parts";
import { useAsk } from "../../lib/asking";
import { useMay } from "../../lib/session";
import { scopeKey } from "../../live/state";
import { useLive } from "../../live/store";
import { Account } from "./Account";

export default function Accounts() {
  const { data, error, loading, again } = useAsk<Page<AccountView>>("/accounts");
  // What a connection or a person changed is told by the scopes; the rest of the row is asked for then.
  const states = useLive((live) =>
    [...live.scopes.values()]
      .filter((row) => row.kind === "account")
      .map(
        (row) =>
          `${row.name} ${row.state} ${row.ready} ${row.doubts.length} ${Object.keys(row.locks).length}`,
      )
      .join(),
  );
  useEffect(again, [states, again]);
  const rows = data?.rows ?? [];
  return (
    <div className="page">
      <PageHead
        title="Accounts"
        actions={
          <button type="button" className="button" onClick={again} disabled={loading}>
            Read again
          </button>
        }
      />
      <ErrorNote error={error} again={again} />
      {!rows.length && !error && (
        <Panel title="Accounts">
          {loading ? (
            <Empty title="Asking the desk …" />
          ) : (
            <Empty title="This desk has no account.">
              Name one in desk.toml and seal its keys with: tradewind accounts add NAME
            </Empty>
          )}
        </Panel>
      )}
      <div className="accounts">
        {rows.map((row) => (
          <Account key={row.account} row={row} again={again} />
        ))}
      </div>
      <HowTo />
    </div>
  );
}

export function useScope(account: string) {
  return useLive((live) => live.scopes.get(scopeKey("account", account)));
}

function HowTo() {
  const may = useMay("admin");
  return (
    <Panel title="Add, change or remove an account">
      <div className="stack prose">
        <p>
          Keys are typed in the terminal of the desk's own machine, where no browser and no network
          sees them. {may ? "" : "An admin of this desk does it there."}
        </p>
        <dl className="how">
          <dt>
            <code>tradewind accounts add NAME</code>
          </dt>
          <dd>seals its keys in the vault; they are asked for without echo</dd>
          <dt>
            <code>tradewind accounts test NAME</code>
          </dt>
          <dd>
            asks the venue what the keys may do and refuses those that may withdraw; nothing is
            ordered
          </dd>
          <dt>
            <code>tradewind accounts remove NAME</code>
          </dt>
          <dd>takes them out again; the venue still knows them, so revoke them there</dd>
        </dl>
        <p className="quiet">
          Venue, proxy and limits of an account stand in <code>desk.toml</code>;{" "}
          <code>tradewind init</code> writes one with every line explained. The desk reads it when
          it starts.
        </p>
      </div>
    </Panel>
  );
}
