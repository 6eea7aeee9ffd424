/** Before anything irreversible: what it would do, in the desk's words, and only then the deed. */
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";

import { carryOut, type DeskError, newCommandId, preview, type Write } from "../api/client";
import type { Preview, Receipt } from "../api/shapes";
import { asError } from "../lib/asking";
import { Dialog } from "./Dialog";
import { ErrorNote } from "./parts";
import { toastReceipt } from "./toasts";

interface PreviewDialogProps {
  title: string;
  write: Write;
  /** The word on the button that does it. */
  verb: string;
  danger?: boolean;
  /** A word that must be typed first. */
  typed?: string;
  /** Ask why, for the audit. */
  asksWhy?: boolean;
  /** Whether what is carried out must be what was shown. A kill may never wait for that. */
  binding?: boolean;
  /** Choices that change the command; the preview follows them. */
  children?: ReactNode;
  close: () => void;
  done?: (receipt: Receipt) => void;
}

export function PreviewDialog(props: PreviewDialogProps) {
  const {
    title,
    write,
    verb,
    danger = false,
    typed,
    asksWhy = true,
    binding = true,
    children,
    close,
    done,
  } = props;
  const effect = usePreview(write);
  const [why, setWhy] = useState("");
  const [word, setWord] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<DeskError | null>(null);
  const [changed, setChanged] = useState(false);
  const id = useRef(newCommandId());
  const body = JSON.stringify(write.body);
  useEffect(() => {
    id.current = newCommandId();
  }, [body]);

  async function confirm(): Promise<void> {
    setBusy(true);
    setFailed(null);
    try {
      const hash = binding && !changed ? effect.preview?.hash : undefined;
      const receipt = await carryOut(write, {
        why,
        commandId: id.current,
        ...(hash ? { previewHash: hash } : {}),
      });
      toastReceipt(receipt);
      done?.(receipt);
      close();
    } catch (error) {
      const told = asError(error);
      if (told.code === "preview_changed") {
        setChanged(true);
        id.current = newCommandId();
        effect.again();
      } else setFailed(told);
    } finally {
      setBusy(false);
    }
  }

  const refused = effect.preview?.refused ?? "";
  const ready =
    !busy && !refused && (!binding || effect.preview !== null) && (!typed || word === typed);
  return (
    <Dialog title={title} close={close}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          // To React the form that asked is still around this one.
          event.stopPropagation();
          if (ready) void confirm();
        }}
      >
        {children}
        <Effect preview={effect.preview} loading={effect.loading} danger={danger} />
        {changed && (
          <p className="warn small">
            It changed while you read it and may change again; confirming carries it out as it then
            is.
          </p>
        )}
        <ErrorNote
          error={failed ?? effect.error}
          {...(effect.error ? { again: effect.again } : {})}
        />
        {typed && (
          <label className="field">
            <span className="label">
              <span>
                Type <kbd>{typed}</kbd> to confirm
              </span>
            </span>
            <input
              className="input"
              value={word}
              onChange={(event) => setWord(event.target.value)}
              data-first
              autoComplete="off"
              spellCheck={false}
            />
          </label>
        )}
        {asksWhy && (
          <label className="field">
            <span className="label">
              Why <span className="unit">for the audit, optional</span>
            </span>
            <input
              className="input"
              value={why}
              maxLength={200}
              onChange={(event) => setWhy(event.target.value)}
              data-first={typed ? undefined : true}
              autoComplete="off"
            />
          </label>
        )}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={close}>
            Leave it
          </button>
          <button
            type="submit"
            className={`button ${danger ? "danger" : "primary"}`}
            disabled={!ready}
          >
            {busy ? "Under way …" : verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Effect({
  preview,
  loading,
  danger,
}: {
  preview: Preview | null;
  loading: boolean;
  danger: boolean;
}) {
  const counts = preview
    ? ([
        ["cancels", preview.cancels],
        ["keeps", preview.keeps],
        ["sends", preview.sends],
      ] as const)
    : [];
  const said = counts.filter(([, count]) => count > 0).map(([verb, count]) => `${verb} ${count}`);
  return (
    <div
      className="effect"
      data-tone={danger || preview?.refused ? "danger" : ""}
      aria-live="polite"
      aria-busy={loading}
    >
      <span className="small quiet">
        {preview?.refused ? "It would be refused" : "What it would do now"}
      </span>
      <span>
        {preview ? preview.text : loading ? "Asking the desk …" : "The desk did not say."}
      </span>
      {said.length > 0 && <span className="small quiet">Orders: {said.join(" · ")}</span>}
      {preview?.rule && <span className="small quiet">Rule: {preview.rule}</span>}
    </div>
  );
}

function usePreview(write: Write) {
  const [found, setFound] = useState<Preview | null>(null);
  const [error, setError] = useState<DeskError | null>(null);
  const [loading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  const asked = JSON.stringify(write);
  useEffect(() => {
    const stop = new AbortController();
    setLoading(true);
    setError(null);
    preview(JSON.parse(asked) as Write, stop.signal)
      .then(setFound)
      .catch((failed: unknown) => {
        if (!stop.signal.aborted) setError(asError(failed));
      })
      .finally(() => {
        if (!stop.signal.aborted) setLoading(false);
      });
    return () => stop.abort();
  }, [asked, turn]);
  const again = useCallback(() => setTurn((was) => was + 1), []);
  return { preview: found, error, loading, again };
}
