/** A code from a phone beside the password: set up, confirmed by its first code, dropped by one. */
import { type FormEvent, useMemo, useState } from "react";

import { ask, type DeskError } from "../../api/client";
import type { SecondFactorAnswer } from "../../api/shapes";
import { ErrorNote, StatusPill } from "../../components/parts";
import { toast } from "../../components/toasts";
import { asError } from "../../lib/asking";
import { copy } from "../../lib/copying";
import { qrOf } from "../../lib/qr";
import { useSession } from "../../lib/session";

export function SecondFactor() {
  const { session, renew } = useSession();
  const [uri, setUri] = useState("");
  const [error, setError] = useState<DeskError | null>(null);
  const [busy, setBusy] = useState(false);
  const on = session?.totp === true;
  async function step(name: "enrol" | "confirm" | "drop", code = ""): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      const told = await ask<SecondFactorAnswer>("/session/totp", {
        method: "POST",
        body: { step: name, ...(code ? { code } : {}) },
      });
      setUri(name === "enrol" ? (told.uri ?? "") : "");
      if (name === "confirm")
        toast("ok", "Second factor set up", "From now on signing in asks for its code.");
      if (name === "drop")
        toast("warn", "Second factor dropped", "The password alone opens your account again.");
      if (name !== "enrol") await renew();
    } catch (failed) {
      setError(asError(failed));
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className="stack">
      <p>
        <StatusPill state={on ? "on" : "off"} tone={on ? "ok" : ""} />{" "}
        <span className="quiet">
          {on
            ? "Signing in asks for a code from your phone."
            : "The password alone opens your account; a code from your phone beside it is safer."}
        </span>
      </p>
      <ErrorNote error={error} />
      {!on && !uri && (
        <div className="line">
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() => void step("enrol")}
          >
            Set it up
          </button>
        </div>
      )}
      {uri && (
        <>
          <Shown uri={uri} />
          <Code
            label="Code that it shows now"
            verb="Confirm"
            busy={busy}
            give={(code) => void step("confirm", code)}
          />
        </>
      )}
      {on && (
        <Code
          label="Code, to drop it"
          verb="Drop it"
          busy={busy}
          give={(code) => void step("drop", code)}
        />
      )}
    </div>
  );
}

function Shown({ uri }: { uri: string }) {
  const secret = useMemo(
    () => new URLSearchParams(uri.split("?")[1] ?? "").get("secret") ?? "",
    [uri],
  );
  return (
    <div className="second-factor">
      <Qr text={uri} />
      <div className="stack">
        <p>
          Scan it with an authenticator app, or <a href={uri}>open it in one here</a>. It is shown
          this once.
        </p>
        <p className="small">
          <span className="quiet">By hand: </span>
          <code style={{ overflowWrap: "anywhere" }}>
            {secret.replace(/(.{4})/g, "$1 ").trim()}
          </code>
        </p>
        <div className="line">
          <button
            type="button"
            className="button little"
            onClick={() => void copy(secret, "the secret")}
          >
            Copy the secret
          </button>
        </div>
      </div>
    </div>
  );
}

const QUIET = 4;

// Dark on light in both themes: that is what cameras look for.
function Qr({ text }: { text: string }) {
  const rows = useMemo(() => qrOf(text), [text]);
  if (!rows) return null;
  const size = rows.length + 2 * QUIET;
  const path = rows
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")))
    .join("");
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label="QR code for an authenticator app"
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function Code({
  label,
  verb,
  busy,
  give,
}: {
  label: string;
  verb: string;
  busy: boolean;
  give: (code: string) => void;
}) {
  function send(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    give(String(new FormData(event.currentTarget).get("code")).replaceAll(" ", ""));
  }
  return (
    <form className="line" onSubmit={send}>
      <label className="field">
        <span className="label">{label}</span>
        <input
          className="input num"
          name="code"
          inputMode="numeric"
          pattern="[0-9 ]{6,8}"
          required
          autoComplete="one-time-code"
          style={{ maxWidth: 140 }}
        />
      </label>
      <button type="submit" className="button" disabled={busy} style={{ alignSelf: "end" }}>
        {verb}
      </button>
    </form>
  );
}
