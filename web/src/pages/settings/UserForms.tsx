/** The forms about people: add one, set a password, remove one. */
import { type FormEvent, type ReactNode, useState } from "react";

import { ask, type DeskError } from "../../api/client";
import type { Role } from "../../api/shapes";
import { Dialog } from "../../components/Dialog";
import { ErrorNote } from "../../components/parts";
import { toast } from "../../components/toasts";
import { asError } from "../../lib/asking";

export const ROLES: readonly Role[] = ["viewer", "trader", "admin"];
const SHORTEST = 10;

interface FormProps {
  send: (told: FormData) => Promise<void>;
  verb: string;
  danger?: boolean;
  children: ReactNode;
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

export function Add({ done }: { done: () => void }) {
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

export function Reset({ name, close }: { name: string; close: () => void }) {
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

export function Remove({
  name,
  close,
  done,
}: {
  name: string;
  close: () => void;
  done: () => void;
}) {
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
