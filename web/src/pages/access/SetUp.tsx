import { type FormEvent, useState } from "react";

import { ask, type DeskError } from "../../api/client";
import { ErrorNote } from "../../components/parts";
import { asError } from "../../lib/asking";
import { useSession } from "../../lib/session";

const SHORTEST = 10;

/** The first start: whoever holds the code that the terminal printed becomes the admin. */
export function SetUp() {
  const { renew } = useSession();
  const [error, setError] = useState<DeskError | null>(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  async function setUp(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [name, password] = [String(form.get("name")).trim(), String(form.get("password"))];
    setError(null);
    setWrong("");
    if (password !== String(form.get("again"))) return setWrong("The two passwords differ.");
    if (password.toLowerCase() === name.toLowerCase())
      return setWrong("The password must not be the name.");
    setBusy(true);
    try {
      await ask("/setup", {
        method: "POST",
        body: { code: String(form.get("code")).trim(), name, password },
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
      <title>Set up · Tradewind</title>
      <form onSubmit={(event) => void setUp(event)}>
        <div>
          <h1>Set up Tradewind</h1>
          <p className="quiet">
            The terminal in which the desk was started shows a code. With it you become this desk's
            first admin.
          </p>
        </div>
        <label className="field">
          <span className="label">
            Set-up code <span className="unit">works once, for 30 minutes</span>
          </span>
          <input
            className="input mono"
            name="code"
            required
            autoFocus
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            placeholder="XXXX-XXXX-XXXX"
          />
        </label>
        <label className="field">
          <span className="label">Your name</span>
          <input
            className="input"
            name="name"
            required
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={40}
          />
        </label>
        <label className="field">
          <span className="label">
            Password <span className="unit">at least {SHORTEST} signs</span>
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
          <span className="label">Password again</span>
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
        <button type="submit" className="button primary" disabled={busy}>
          {busy ? "Setting up …" : "Set up and sign in"}
        </button>
        <p className="small faint">You can add a second factor under Settings once you are in.</p>
      </form>
    </main>
  );
}
