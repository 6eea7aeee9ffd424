/** The small parts that every page is made of. */
import type { ReactNode } from "react";
import { Link } from "react-router";

import type { DeskError } from "../api/client";
import { instrumentParts, words } from "../lib/format";

export type Tone = "ok" | "warn" | "danger" | "up" | "down" | "";

const TONES: Record<string, Tone> = {
  running: "ok",
  active: "ok",
  open: "ok",
  filled: "ok",
  confirmed: "ok",
  final: "ok",
  paused: "warn",
  stopping: "warn",
  pending: "warn",
  reducing: "warn",
  unknown: "danger",
  pending_cancel: "warn",
  pending_replace: "warn",
  pending_new: "warn",
  parked: "warn",
  accepted: "warn",
  matched: "warn",
  warning: "warn",
  halted: "danger",
  dead: "",
  rejected: "danger",
  denied: "danger",
  refused: "danger",
  unresolved: "danger",
  critical: "danger",
  failed: "danger",
  faulted: "danger",
};

/** A state in a word and a colour. */
export function StatusPill({ state, tone, title }: { state: string; tone?: Tone; title?: string }) {
  return (
    <span className="pill" data-tone={tone ?? TONES[state] ?? ""} title={title}>
      {words(state)}
    </span>
  );
}

/** The top of a page; the browser's tab says the same. */
export function PageHead({
  title,
  children,
  actions,
}: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="page-head">
      <title>{`${title} · Tradewind`}</title>
      <h1>{title}</h1>
      {children}
      {actions && <div className="actions">{actions}</div>}
    </header>
  );
}

interface PanelProps {
  title: ReactNode;
  actions?: ReactNode;
  /** The body has no padding: for tables. */
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, actions, flush = false, className = "", children }: PanelProps) {
  return (
    <section className={`panel ${className}`}>
      <div className="panel-head">
        <h2>{title}</h2>
        {actions && <div className="actions">{actions}</div>}
      </div>
      <div className={`panel-body ${flush ? "flush" : ""}`}>{children}</div>
    </section>
  );
}

/** Nothing is here: say so, and what to do. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** What went wrong in the desk's own sentence, with the rule, and a way to try again. */
export function ErrorNote({ error, again }: { error: DeskError | null; again?: () => void }) {
  if (!error) return null;
  return (
    <div className="error" role="alert">
      <p>{error.message}</p>
      {error.rule && (
        <p className="small quiet">
          Rule: <code>{error.rule}</code>
        </p>
      )}
      {error.retryAfterS !== null && (
        <p className="small quiet">Try again in {error.retryAfterS} s.</p>
      )}
      {again && (
        <button type="button" className="button little" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A figure with its name; a link when `to` is given. */
export function Tile({
  name,
  note,
  tone = "",
  to,
  children,
}: {
  name: string;
  note?: ReactNode;
  tone?: Tone;
  to?: string;
  children: ReactNode;
}) {
  const inside = (
    <>
      <span className="tile-name">{name}</span>
      <span className="tile-worth live">{children}</span>
      <span className="tile-note">{note}</span>
    </>
  );
  if (!to) {
    return (
      <div className="tile" data-tone={tone}>
        {inside}
      </div>
    );
  }
  return (
    <Link className="tile" data-tone={tone} to={to}>
      {inside}
    </Link>
  );
}

/** How much of a bound is used: more than 80 % warns, all of it alarms. */
export function Meter({ used, label }: { used: number; label: string }) {
  const part = Math.max(0, Math.min(1, Number.isFinite(used) ? used : 0));
  const tone = used >= 1 ? "danger" : used >= 0.8 ? "warn" : "";
  return (
    <span
      className="meter"
      data-tone={tone}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
    >
      <i style={{ width: `${part * 100}%` }} />
    </span>
  );
}

/** An instrument by its symbol, its venue quietly beside it. */
export function InstrumentName({ id, link = false }: { id: string; link?: boolean }) {
  const { venue, symbol } = instrumentParts(id);
  const inside = (
    <>
      {symbol} {venue && <span className="faint small">{venue.toLowerCase()}</span>}
    </>
  );
  if (!link) return <span title={id}>{inside}</span>;
  return (
    <Link className="link" to={`/markets/${encodeURIComponent(id)}`} title={id}>
      {inside}
    </Link>
  );
}

/** Names and values under each other. */
export function Pairs({ rows }: { rows: [name: string, value: ReactNode][] }) {
  return (
    <dl className="pairs">
      {rows.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface TabsProps<Name extends string> {
  tabs: readonly (readonly [Name, string])[];
  chosen: Name;
  choose: (name: Name) => void;
  label: string;
}

export function Tabs<Name extends string>({ tabs, chosen, choose, label }: TabsProps<Name>) {
  return (
    <div className="tablist" role="tablist" aria-label={label}>
      {tabs.map(([name, text]) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === chosen}
          onClick={() => choose(name)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
