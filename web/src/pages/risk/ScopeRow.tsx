import { useState } from "react";
import { Link } from "react-router";

import { write } from "../../api/client";
import type { ScopeView, UseView } from "../../api/shapes";
import { Act } from "../../components/Act";
import { Meter, StatusPill } from "../../components/parts";
import { PreviewDialog } from "../../components/PreviewDialog";
import { money, number, percent, titled, words } from "../../lib/format";
import type { Branch } from "./tree";

/** One scope: its state with the cause, its limits as bars with their numbers, stop and go on. */
export function ScopeRow({ branch }: { branch: Branch }) {
  const { scope, depth, also } = branch;
  const [asking, setAsking] = useState<"kill" | "rearm" | null>(null);
  const called = nameOf(scope);
  return (
    <li className="limit-row" data-depth={depth} aria-label={called}>
      <div className="limit-name">
        <span className="faint small">{scope.kind}</span>
        <strong>
          <Name scope={scope} />
        </strong>
        {also && <span className="faint small">also on {also}</span>}
      </div>
      <div className="limit-state">
        <StatusPill state={scope.state} />
        {scope.kind === "account" && !scope.ready && (
          <StatusPill state="not ready" tone="warn" title={scope.doubts.join("; ")} />
        )}
        {scope.cause && (
          <span className="small quiet">
            {scope.cause}
            {scope.rule && ` (${scope.rule})`}
          </span>
        )}
      </div>
      <Uses uses={scope.uses} />
      <div className="limit-acts">
        {scope.state !== "active" && (
          <Act
            needs="trader"
            className="little"
            label={`Rearm ${called}`}
            says="Lets it take new risk again; shows what that does first"
            onClick={() => setAsking("rearm")}
          >
            Rearm
          </Act>
        )}
        {scope.state !== "halted" && (
          <Act
            needs="trader"
            className="little danger-quiet"
            label={`Kill ${called}`}
            says="No new risk, and every order of it cancelled; shows what that does first"
            onClick={() => setAsking("kill")}
          >
            Kill
          </Act>
        )}
      </div>
      {asking && <Asking scope={scope} which={asking} close={() => setAsking(null)} />}
    </li>
  );
}

const nameOf = (scope: ScopeView): string =>
  scope.kind === "desk" ? "the desk" : `${scope.kind} ${scope.name}`;

function Name({ scope }: { scope: ScopeView }) {
  if (scope.kind === "desk") return "The whole desk";
  if (scope.kind !== "instance") return scope.name;
  return (
    <Link className="link" to={`/instances/${encodeURIComponent(scope.name)}`}>
      {scope.name}
    </Link>
  );
}

function Uses({ uses }: { uses: readonly UseView[] }) {
  if (!uses.length) return <div className="limit-uses faint small">no limit of its own</div>;
  return (
    <ul className="limit-uses">
      {uses.map((use) => (
        <Use key={use.limit} use={use} />
      ))}
    </ul>
  );
}

function Use({ use }: { use: UseView }) {
  const [used, bound] = [Number(use.used), Number(use.bound)];
  const part = bound > 0 ? used / bound : used > 0 ? 1 : 0;
  const tell = use.unit ? money : (worth: string) => number(worth);
  return (
    <li>
      <span className="limit-words small">
        <span>{titled(words(use.limit))}</span>
        <span className="num">
          {tell(use.used)} <span className="faint">of</span> {tell(use.bound)}{" "}
          <span className="faint">{use.unit}</span>{" "}
          <span className="limit-part">{percent(part)}</span>
        </span>
      </span>
      <Meter used={part} label={titled(words(use.limit))} />
    </li>
  );
}

function Asking({
  scope,
  which,
  close,
}: {
  scope: ScopeView;
  which: "kill" | "rearm";
  close: () => void;
}) {
  const [protective, setProtective] = useState(false);
  const told = { kind: scope.kind, name: scope.name };
  const called = nameOf(scope);
  const desk = scope.kind === "desk";
  if (which === "rearm")
    return (
      <PreviewDialog
        title={`Rearm ${called}`}
        verb="Rearm"
        {...(desk ? { typed: "REARM" } : {})}
        write={write({ type: "Rearm", scope: told })}
        close={close}
      />
    );
  return (
    <PreviewDialog
      title={`Kill ${called}`}
      verb="Kill"
      danger
      binding={false}
      {...(desk ? { typed: "KILL" } : {})}
      write={write({ type: "Kill", scope: told, cancel_protective: protective })}
      close={close}
    >
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
