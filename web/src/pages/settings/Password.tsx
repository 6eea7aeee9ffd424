import { type FormEvent, useState } from "react";

import { ask, type DeskError } from "../../api/client";
import { ErrorNote } from "../../components/parts";
import { toast } from "../../components/toasts";
import { asError } from "../../lib/asking";
import { useSession } from "../../lib/session";

const SHORTEST = 10;

/** Change the own password. */
export function Password() {
  const { session, renew } = useSession();
  const [error, setError] = useState<DeskError | null>(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  async function change(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const told = new FormData(form);
    const fresh = String(told.get("new"));
    setError(null);
    setWrong("");
    if (fresh !== String(told.get("again"))) return setWrong("The two new passwords differ.");
    if (fresh.toLowerCase() === (session?.user ?? "").toLowerCase())
      return setWrong("The password must not be the name.");
    setBusy(true);
    try {
      await ask("/session/password", {
        method: "POST",
        body: { old: String(told.get("old")), new: fresh },
      });
      form.reset();
      toast("ok", "Password changed", "Every other session of yours has ended.");
      await renew();
    } catch (failed) {
      setError(asError(failed));
    } finally {
      setBusy(false);
    }
  }
  return (
    <form className="stack" aria-label="Password" onSubmit={(event) => void change(event)}>
      <input
        type="text"
        name="username"
        autoComplete="username"
        value={session?.user ?? ""}
        readOnly
        hidden
      />
      <label className="field">
        <span className="label">Password now</span>
        <input
          className="input"
          name="old"
          type="password"
          required
          autoComplete="current-password"
        />
      </label>
      <label className="field">
        <span className="label">
          New password <span className="unit">at least {SHORTEST} signs</span>
        </span>
        <input
          className="input"
          name="new"
          type="password"
          required
          minLength={SHORTEST}
          autoComplete="new-password"
        />
      </label>
      <label className="field">
        <span className="label">New password again</span>
        <input
          className="input"
          name="again"
          type="password"
          required
          minLength={SHORTEST}
          autoComplete="new-password"
          aria-invalid={wrong ? true : undefined}
        />
        {wrong && (
          <span className="wrong" role="alert">
            {wrong}
          </span>
        )}
      </label>
      <ErrorNote error={error} />
      <div className="line">
        <button type="submit" className="button" disabled={busy}>
          {busy ? "Changing …" : "Change the password"}
        </button>
      </div>
    </form>
  );
}
