/** The people of a desk, for its admins. The desk keeps its last admin, whatever is asked here. */
import { useState } from "react";

import { ask } from "../../api/client";
import type { Page, UserChange, UserView } from "../../api/shapes";
import { Time } from "../../components/figures";
import { Pick } from "../../components/Pick";
import { Empty, ErrorNote, Panel, StatusPill } from "../../components/parts";
import { type Column, Table } from "../../components/Table";
import { toast, toastError } from "../../components/toasts";
import { asError, useAsk } from "../../lib/asking";
import { useSession } from "../../lib/session";
import { Add, Remove, Reset, ROLES } from "./UserForms";

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
