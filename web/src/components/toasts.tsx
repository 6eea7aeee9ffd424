/** Receipts and failures, told once at the edge of the page and read out by a screen reader. */
import { useSyncExternalStore } from "react";

import type { DeskError } from "../api/client";
import type { Receipt } from "../api/shapes";
import type { Tone } from "./parts";

interface Toast {
  id: number;
  tone: Tone;
  title: string;
  text: string;
}

const STAYS_MS = 9_000;
const MOST = 4;
let toasts: readonly Toast[] = [];
let next = 1;
const ears = new Set<() => void>();

function set(changed: readonly Toast[]): void {
  toasts = changed;
  for (const ear of ears) ear();
}

export function toast(tone: Tone, title: string, text = ""): void {
  const id = next++;
  set([...toasts, { id, tone, title, text }].slice(-MOST));
  // A refusal stays until it is put away: it asks for something.
  if (tone !== "danger") setTimeout(() => putAway(id), STAYS_MS);
}

const putAway = (id: number): void => set(toasts.filter((each) => each.id !== id));

const SAID: Record<Receipt["confirmation"], [Tone, string]> = {
  confirmed: ["ok", "Done"],
  accepted: ["warn", "Under way"],
  unresolved: ["warn", "Not confirmed yet"],
  refused: ["danger", "Refused"],
};

/** Tell what became of a command: its effect as the desk confirmed it. */
export function toastReceipt(receipt: Receipt): void {
  const [tone, title] = SAID[receipt.confirmation] ?? ["", receipt.confirmation];
  toast(tone, title, receipt.effect + (receipt.rule ? ` (rule ${receipt.rule})` : ""));
}

export function toastError(error: DeskError): void {
  toast(
    "danger",
    error.code === "refused" ? "Refused" : "Not done",
    error.message + (error.rule ? ` (rule ${error.rule})` : ""),
  );
}

function listen(ear: () => void): () => void {
  ears.add(ear);
  return () => ears.delete(ear);
}

export function Toasts() {
  const shown = useSyncExternalStore(listen, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((each) => (
        <div key={each.id} className="toast" data-tone={each.tone}>
          <strong>{each.title}</strong>
          {each.text && <p className="quiet">{each.text}</p>}
          <button
            type="button"
            className="button plain little"
            aria-label="Put away"
            onClick={() => putAway(each.id)}
          >
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
