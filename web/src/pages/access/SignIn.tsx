import { type FormEvent, useState } from "react";

import { ask, type DeskError } from "../../api/client";
import { ErrorNote } from "../../components/parts";
import { asError } from "../../lib/asking";
import { useSession } from "../../lib/session";

export function SignIn() {
  const { session, renew } = useSession();
  const [error, setError] = useState<DeskError | null>(null);
  const [busy, setBusy] = useState(false);
  async function signIn(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const totp = String(form.get("totp") ?? "").trim();
    setBusy(true);
    setError(null);
    try {
      await ask("/login", {
        method: "POST",
        body: {
          name: String(form.get("name")),
          password: String(form.get("password")),
          ...(totp ? { totp } : {}),
        },
      });
      await renew();
    } catch (failed) {
      setError(asError(failed));
    } finally {
      setBusy(false);
    }
  }
  return (
    <main className="sign-in">
      <title>Sign in · Tradewind</title>
      <form onSubmit={(event) => void signIn(event)}>
        <div>
          <h1>Tradewind</h1>
          <p className="quiet">
            Desk {session?.desk}, {session?.mode}
          </p>
        </div>
        <label className="field">
          <span className="label">Name</span>
          <input
            className="input"
            name="name"
            autoComplete="username"
            required
            autoFocus
            autoCapitalize="none"
            spellCheck={false}
          />
        </label>
        <label className="field">
          <span className="label">Password</span>
          <input
            className="input"
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        </label>
        <label className="field">
          <span className="label">
            Code <span className="unit">if you have set one up</span>
          </span>
          <input
            className="input"
            name="totp"
            inputMode="numeric"
            autoComplete="one-time-code"
            pattern="[0-9 ]*"
            maxLength={8}
          />
        </label>
        <ErrorNote error={error} />
        <button type="submit" className="button primary" disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
        <p className="small faint">
          Forgotten? Whoever runs the desk can say: tradewind user password NAME
        </p>
      </form>
    </main>
  );
}
