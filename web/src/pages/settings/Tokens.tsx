/** Keys for programs: made here, shown once, ended here. */
import { type FormEvent, useState } from "react";

import { ask, type DeskError } from "../../api/client";
import type { AccessScope, MadeToken, Page, TokenView } from "../../api/shapes";
import { Time } from "../../components/figures";
import { Dialog } from "../../components/Dialog";
import { Empty, ErrorNote, Panel, StatusPill } from "../../components/parts";
import { type Column, Table } from "../../components/Table";
import { toast, toastError } from "../../components/toasts";
import { asError, useAsk } from "../../lib/asking";
import { copy } from "../../lib/copying";
import { useSession } from "../../lib/session";

const DAY_S = 86_400;
const SPANS: readonly (readonly [number, string])[] = [
  [1, "a day"],
  [30, "30 days"],
  [90, "90 days"],
  [366, "a year"],
];
const SAYS: Record<AccessScope, string> = {
  read: "sees everything",
  trade: "trades and kills",
  rearm: "releases a halt; better left to people",
  admin: "people, accounts, limits",
};

export function Tokens() {
  const { data, error, loading, again } = useAsk<Page<TokenView>>("/tokens");
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<MadeToken | null>(null);
  const rows = (data?.rows ?? []).filter((row) => !row.revoked);
  return (
    <Panel
      title="API tokens"
      flush
      actions={
        <button type="button" className="button little" onClick={() => setMaking(!making)}>
          {making ? "Close the form" : "Make a token"}
        </button>
      }
    >
      <ErrorNote error={error} again={again} />
      {making && (
        <Make
          made={(token) => {
            setMade(token);
            setMaking(false);
            again();
          }}
        />
      )}
      <Table
        rows={rows}
        columns={columnsOf(again)}
        rowKey={(row) => row.id}
        label="API tokens"
        empty={
          loading && !data ? (
            <Empty title="Asking …" />
          ) : (
            <Empty title="There is no token.">
              A program that talks to this desk sends one in its Authorization header; the command
              line on this machine needs none.
            </Empty>
          )
        }
      />
      {made && <Once made={made} close={() => setMade(null)} />}
    </Panel>
  );
}

const columnsOf = (again: () => void): Column<TokenView>[] => [
  {
    key: "label",
    head: "Label",
    wide: true,
    card: "title",
    sort: (row) => row.label,
    cell: (row) => row.label,
  },
  { key: "owner", head: "Of", sort: (row) => row.owner, cell: (row) => row.owner },
  { key: "scopes", head: "May", cell: (row) => row.scopes.join(", ") },
  {
    key: "used",
    head: "Last used",
    right: true,
    sort: (row) => row.used_ns,
    cell: (row) => (row.used_ns ? <Time ns={row.used_ns} /> : <span className="faint">never</span>),
  },
  {
    key: "ends",
    head: "Ends",
    right: true,
    sort: (row) => row.expires_ns,
    cell: (row) =>
      row.expired ? <StatusPill state="expired" tone="warn" /> : <Time ns={row.expires_ns} />,
  },
  { key: "end", head: "", card: "acts", cell: (row) => <End row={row} again={again} /> },
];

function End({ row, again }: { row: TokenView; again: () => void }) {
  const end = (): void => {
    ask(`/tokens/${encodeURIComponent(row.id)}`, { method: "DELETE" })
      .then(() => {
        toast("ok", "Token ended", `${row.label} opens nothing any more.`);
        again();
      })
      .catch((error: unknown) => toastError(asError(error)));
  };
  return (
    <button
      type="button"
      className="button little"
      aria-label={`End token ${row.label}`}
      onClick={end}
    >
      End it
    </button>
  );
}

function Make({ made }: { made: (token: MadeToken) => void }) {
  const { session } = useSession();
  const [error, setError] = useState<DeskError | null>(null);
  const [busy, setBusy] = useState(false);
  const may = session?.scopes ?? [];
  async function make(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const told = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      const body = {
        label: String(told.get("label")).trim(),
        scopes: told.getAll("scope").map(String),
        expires_s: Number(told.get("days")) * DAY_S,
      };
      made(await ask<MadeToken>("/tokens", { method: "POST", body }));
    } catch (failed) {
      setError(asError(failed));
      setBusy(false);
    }
  }
  return (
    <form className="stack make" aria-label="Make a token" onSubmit={(event) => void make(event)}>
      <div className="form-grid">
        <label className="field">
          <span className="label">
            Label <span className="unit">letters, digits, . _ -</span>
          </span>
          <input
            className="input"
            name="label"
            required
            maxLength={32}
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
            autoFocus
            autoComplete="off"
            spellCheck={false}
            placeholder="reports"
          />
          <span className="help">Stands in the audit beside your name.</span>
        </label>
        <label className="field">
          <span className="label">Ends after</span>
          <select className="input" name="days" defaultValue="90">
            {SPANS.map(([days, text]) => (
              <option key={days} value={days}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <fieldset className="field plain-set">
          <legend className="label">May</legend>
          {may.map((scope) => (
            <label key={scope} className="check small-check">
              <input type="checkbox" name="scope" value={scope} defaultChecked={scope === "read"} />
              <span>
                {scope} <span className="faint small">{SAYS[scope]}</span>
              </span>
            </label>
          ))}
        </fieldset>
      </div>
      <ErrorNote error={error} />
      <div className="line">
        <button type="submit" className="button primary" disabled={busy}>
          {busy ? "Making …" : "Make it"}
        </button>
      </div>
    </form>
  );
}

function Once({ made, close }: { made: MadeToken; close: () => void }) {
  return (
    <Dialog title="Your new token" close={close}>
      <p>Copy it now: only its hash is kept, and nobody can show it again.</p>
      <code className="effect" data-token>
        {made.value}
      </code>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={() => void copy(made.value, "the token")}>
          Copy
        </button>
        <button type="button" className="button primary" onClick={close}>
          I have it
        </button>
      </div>
    </Dialog>
  );
}
