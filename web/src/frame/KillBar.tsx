/** The strip above every page: may the desk trade, how it stands, and the way to stop it. */
import { useState } from "react";
import { Link } from "react-router";

import { write } from "../api/client";
import type { TradingState } from "../api/shapes";
import { Micros, Money, Num } from "../components/figures";
import { StatusPill } from "../components/parts";
import { PreviewDialog } from "../components/PreviewDialog";
import { money } from "../lib/format";
import { useMay, useSession } from "../lib/session";
import { useShortcuts } from "../lib/shortcuts";
import { scopeKey } from "../live/state";
import { useLive } from "../live/store";

export function KillBar() {
  const desk = useLive((live) => live.scopes.get(scopeKey("desk", "")));
  const killing = useLive((live) => live.vitals?.kill_state);
  const state: TradingState = desk?.state ?? "active";
  const { session } = useSession();
  const [asking, setAsking] = useState<"kill" | "rearm" | null>(null);
  const may = useMay("trader");
  useShortcuts(
    may
      ? [
          {
            keys: "K",
            says: "Kill: stop everything, with a preview first",
            group: "Everywhere",
            run: () => setAsking("kill"),
          },
        ]
      : [],
  );
  const known = desk !== undefined;
  return (
    <header className="strip" data-state={known ? state : "unknown"}>
      <Link to="/" className="strip-name">
        <img src="/icon.svg" alt="" width={22} height={22} />
        Tradewind
        <span
          className="pill"
          data-tone={session?.mode === "live" ? "danger" : ""}
          title={`desk ${session?.desk ?? ""}`}
        >
          {session?.mode}
        </span>
      </Link>
      <div className="strip-state">
        <StatusPill
          state={known ? (killing === "killing" ? "killing" : state).toUpperCase() : "waiting"}
          tone={!known ? "" : killing === "killing" ? "danger" : TONE[state]}
        />
        <span className="clip small quiet" title={desk?.cause}>
          {desk?.cause}
        </span>
      </div>
      <Figures />
      <div className="strip-actions">
        {known && state !== "active" && (
          <button
            type="button"
            className="button"
            disabled={!may}
            onClick={() => setAsking("rearm")}
          >
            Rearm
          </button>
        )}
        <button
          type="button"
          className="button danger"
          disabled={!may}
          title={may ? "Shift+K" : "Only traders and admins may kill."}
          onClick={() => setAsking("kill")}
        >
          KILL
        </button>
      </div>
      {asking === "kill" && <KillDialog close={() => setAsking(null)} />}
      {asking === "rearm" && (
        <PreviewDialog
          title="Rearm the desk"
          verb="Rearm"
          typed="REARM"
          write={write({ type: "Rearm", scope: { kind: "desk", name: "" } })}
          close={() => setAsking(null)}
        />
      )}
    </header>
  );
}

const TONE = { active: "ok", reducing: "warn", halted: "danger" } as const;

function KillDialog({ close }: { close: () => void }) {
  const [protective, setProtective] = useState(false);
  const command = write({
    type: "Kill",
    scope: { kind: "desk", name: "" },
    cancel_protective: protective,
  });
  return (
    <PreviewDialog
      title="Kill the desk"
      verb="KILL"
      danger
      typed="KILL"
      binding={false}
      write={command}
      close={close}
    >
      <p className="quiet">
        No new risk is taken, every order is cancelled, and the venues are read back until nothing
        of ours rests there. Positions stay.
      </p>
      <label className="check">
        <input
          type="checkbox"
          checked={protective}
          onChange={(event) => setProtective(event.target.checked)}
        />
        Cancel protective stops at the venues, too
      </label>
    </PreviewDialog>
  );
}

function Figures() {
  const vitals = useLive((live) => live.vitals);
  const day = vitals?.day ?? null;
  const total = vitals?.total ?? null;
  return (
    <div className="strip-figures live" aria-label="How the desk stands">
      <div className="strip-figure">
        <span>Net{total ? `, ${total.currency}` : ""}</span>
        <Money value={total?.net} gain />
      </div>
      <div className="strip-figure">
        <span>Day{day?.limit ? ` of −${money(Math.abs(day.limit))}` : ""}</span>
        <Money value={day?.net} gain />
      </div>
      <div className="strip-figure">
        <span>Orders</span>
        <Num value={vitals?.live_orders} />
      </div>
      <div className="strip-figure">
        <span>Unknown</span>
        <span className={vitals?.unknown_orders ? "danger" : ""}>
          <Num value={vitals?.unknown_orders} />
        </span>
      </div>
      <div className="strip-figure" data-rank="2">
        <span>Unprotected</span>
        <span className={vitals?.unprotected ? "warn" : ""}>
          <Num value={vitals?.unprotected} />
        </span>
      </div>
      <div className="strip-figure" data-rank="2">
        <span>Tick to order</span>
        <Micros us={vitals?.latency?.p50_us} />
      </div>
      <LinkState />
    </div>
  );
}

const LINKS = {
  connecting: ["connecting", ""],
  open: ["live", "ok"],
  lost: ["lost", "danger"],
} as const;

function LinkState() {
  const link = useLive((live) => live.link);
  const away = useLive((live) => !live.deskThere);
  const [text, tone] = away && link === "open" ? (["desk away", "danger"] as const) : LINKS[link];
  return (
    <div className="strip-figure">
      <span>Line</span>
      <span className={tone === "danger" ? "danger" : tone === "ok" ? "" : "faint"}>{text}</span>
    </div>
  );
}
