/** The people of a desk, for its admins. The desk keeps its last admin, whatever is asked here. */
import { type FormEvent, useState } from "react";

import { ask, type DeskError } from "../../api/client";
import type { Page, Role, UserChange, UserView } from "../../api/shapes";
import { Dialog } from "../../components/Dialog";
import { Time } from "../../components/figures";
import { Pick } from "../../components/Pick";
import { Empty, ErrorNote, Panel, StatusPill } from "../../components/parts";
import { type Column, Table } from "../../components/Table";
import { toast, toastError } from "../../components/toasts";
import { asError, useAsk } from "../../lib/asking";
import { useSession } from "../../lib/session";

const ROLES: readonly Role[] = ["viewer", "trader", "admin"];
const SHORTEST = 10;

export function Users() {
  const { data, error, again } = useAsk<Page<UserView>>("/users");
  const { session } = useSession();
  const [adding, setAdding] = useState(false);
  const [resetting, setResetting] = useState("");
  const [removing, setRemoving] = useState("");
  const change = (name: string, patch: UserChange, said: string): void => {
    ask(`/users/${encodeURIComponent(name)}`, { method: "PUT", body: patch })
      .then(() => toast("ok", "Done", said))
      .catch((failed: unknown) => toastError(asError(failed)))
      .finally(again);
  };
  return (
    <Panel
      title="People"
      flush
      actions={
        <button type="button" className="button little" onClick={() => setAdding(!adding)}>
          {adding ? "Close the form" : "Add a person"}
        </button>
      }
    >
      <ErrorNote error={error} again={again} />
      {adding && (
        <Add
          done={() => {
            setAdding(false);
            again();
          }}
        />
      )}
      <Table
        rows={data?.rows ?? []}
        columns={columnsOf(session?.user ?? "", change, setResetting, setRemoving)}
        rowKey={(row) => row.name}
        tone={() => ""}
        label="People"
        empty={<Empty title="Asking …" />}
      />
      {resetting && <Reset name={resetting} close={() => setResetting("")} />}
      {removing && (
        <Remove
          name={removing}
          close={() => setRemoving("")}
          done={() => {
            setRemoving("");
            again();
          }}
        />
      )}
    </Panel>
  );
}

type Change = (name: string, patch: UserChange, said: string) => void;

function columnsOf(
  self: string,
  change: Change,
  reset: (name: string) => void,
  remove: (name: string) => void,
): Column<UserView>[] {
  return [
    {
      key: "name",
      head: "Name",
      wide: true,
      card: "title",
      sort: (row) => row.name,
      cell: (row) => (
        <>
          {row.name} {row.name === self && <span className="faint small">you</span>}
        </>
      ),
    },
    {
      key: "role",
      head: "Role",
      card: "worth",
      cell: (row) => (
        <Pick
          label={`Role of ${row.name}`}
          value={row.role}
          options={ROLES}
          choose={(role) => role && change(row.name, { role }, `${row.name} is ${role} now.`)}
        />
      ),
    },
    {
      key: "state",
      head: "State",
      sort: (row) => String(row.disabled),
      cell: (row) => (
        <StatusPill
          state={row.disabled ? "shut out" : "active"}
          tone={row.disabled ? "warn" : "ok"}
        />
      ),
    },
    {
      key: "totp",
      head: "Second factor",
      cell: (row) => (row.totp ? "on" : <span className="faint">off</span>),
    },
    {
      key: "since",
      head: "Since",
      right: true,
      sort: (row) => row.created_ns,
      cell: (row) => <Time ns={row.created_ns} />,
    },
    {
      key: "acts",
      head: "",
      cell: (row) => (
        <span className="row-acts">
          <button
            type="button"
            className="button little"
            aria-label={`New password for ${row.name}`}
            onClick={() => reset(row.name)}
          >
            Password
          </button>
          {row.totp && (
            <button
              type="button"
              className="button little"
              aria-label={`Drop the second factor of ${row.name}`}
              onClick={() =>
                change(row.name, { totp: false }, `${row.name} signs in without a code now.`)
              }
            >
              Drop code
            </button>
          )}
          <button
            type="button"
            className="button little"
            aria-label={`${row.disabled ? "Let in" : "Shut out"} ${row.name}`}
            onClick={() =>
              change(
                row.name,
                { disabled: !row.disabled },
                row.disabled
                  ? `${row.name} may sign in again.`
                  : `${row.name} is out, with every session and token.`,
              )
            }
          >
            {row.disabled ? "Let in" : "Shut out"}
          </button>
          <button
            type="button"
            className="button little plain"
            aria-label={`Remove ${row.name}`}
            onClick={() => remove(row.name)}
          >
            Remove
          </button>
        </span>
      ),
    },
  ];
}

interface FormProps {
  send: (told: FormData) => Promise<void>;
  verb: string;
  danger?: boolean;
  children: React.ReactNode;
  className?: string;
  label: string;
}

/** A form that tells what the desk said against it. */
function Sent({ send, verb, danger = false, children, className = "", label }: FormProps) {
  const [error, setError] = useState<DeskError | null>(null);
  const [busy, setBusy] = useState(false);
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await send(new FormData(event.currentTarget));
    } catch (failed) {
      setError(asError(failed));
      setBusy(false);
    }
  }
  return (
    <form
      className={`stack ${className}`}
      aria-label={label}
      onSubmit={(event) => void submit(event)}
    >
      {children}
      <ErrorNote error={error} />
      <div className="line">
        <button type="submit" className={`button ${danger ? "danger" : "primary"}`} disabled={busy}>
          {busy ? "Under way …" : verb}
        </button>
      </div>
    </form>
  );
}

function Add({ done }: { done: () => void }) {
  const send = async (told: FormData): Promise<void> => {
    await ask("/users", {
      method: "POST",
      body: {
        name: String(told.get("name")).trim(),
        password: String(told.get("password")),
        role: String(told.get("role")),
      },
    });
    toast(
      "ok",
      "Added",
      `Tell them their password apart from this desk; they change it under Settings.`,
    );
    done();
  };
  return (
    <Sent send={send} verb="Add" className="make" label="Add a person">
      <div className="form-grid">
        <label className="field">
          <span className="label">Name</span>
          <input
            className="input"
            name="name"
            required
            maxLength={40}
            autoFocus
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
        </label>
        <label className="field">
          <span className="label">
            First password <span className="unit">at least {SHORTEST} signs</span>
          </span>
          <input
            className="input"
            name="password"
            type="password"
            required
            minLength={SHORTEST}
            autoComplete="new-password"
          />
        </label>
        <label className="field">
          <span className="label">Role</span>
          <select className="input" name="role" defaultValue="viewer">
            {ROLES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      </div>
    </Sent>
  );
}

function Reset({ name, close }: { name: string; close: () => void }) {
  const send = async (told: FormData): Promise<void> => {
    await ask(`/users/${encodeURIComponent(name)}`, {
      method: "PUT",
      body: { password: String(told.get("password")) },
    });
    toast("ok", "Password set", `Every session of ${name} has ended.`);
    close();
  };
  return (
    <Dialog title={`New password for ${name}`} close={close}>
      <Sent send={send} verb="Set it" label={`New password for ${name}`}>
        <label className="field">
          <span className="label">
            New password <span className="unit">at least {SHORTEST} signs</span>
          </span>
          <input
            className="input"
            name="password"
            type="password"
            required
            minLength={SHORTEST}
            autoFocus
            autoComplete="new-password"
          />
        </label>
      </Sent>
    </Dialog>
  );
}

function Remove({ name, close, done }: { name: string; close: () => void; done: () => void }) {
  const send = async (): Promise<void> => {
    await ask(`/users/${encodeURIComponent(name)}`, { method: "DELETE" });
    toast(
      "ok",
      "Removed",
      `${name} is gone, with every session and token; the audit keeps what they did.`,
    );
    done();
  };
  return (
    <Dialog title={`Remove ${name}`} close={close}>
      <Sent send={send} verb={`Remove ${name}`} danger label={`Remove ${name}`}>
        <p>Their sessions and tokens end now. What they did stays in the audit.</p>
      </Sent>
    </Dialog>
  );
}
