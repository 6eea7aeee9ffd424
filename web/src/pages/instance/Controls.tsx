/** Its buttons and keys. What can be taken back is done at once; the rest shows its effect first. */
import { useState } from "react";

import { type Write, write } from "../../api/client";
import type { Command, InstanceView, Page, StrategyView } from "../../api/shapes";
import { PreviewDialog } from "../../components/PreviewDialog";
import { useAsk } from "../../lib/asking";
import { useCarryOut } from "../../lib/commanding";
import { words } from "../../lib/format";
import { usePhone } from "../../lib/media";
import { useMay } from "../../lib/session";
import { useShortcuts } from "../../lib/shortcuts";

type Grave = "cancel" | "stop" | "force" | "flatten" | "kill" | "rearm";

interface Action {
  keys: string;
  says: string;
  /** On the button; without it there is the key alone. */
  label: string;
  off?: boolean;
  /** On a phone only under More. */
  quiet?: boolean;
  run: () => void;
}

const ENDED = new Set(["dead"]);
const GROUP = "This instance";

export function Controls({ row }: { row: InstanceView }) {
  const { run, busy } = useCarryOut();
  const [asking, setAsking] = useState<Grave | null>(null);
  const [all, setAll] = useState(false);
  const phone = usePhone();
  const may = useMay("trader");
  const own = useOwnCommands(row);
  const instance = row.instance;
  const goes = row.state === "running";
  const now = (command: Command) => void run(write(command));
  const actions: Action[] = [
    {
      keys: "Space",
      label: goes ? "Pause" : "Resume",
      says: "Pause, keeping its orders fresh; or resume",
      off: ENDED.has(row.state) || row.state === "stopping",
      run: () => now(goes ? { type: "Pause", instance } : { type: "Resume", instance }),
    },
    {
      keys: "F",
      label: "Single fire",
      says: "Permit one cycle, then pause",
      off: ENDED.has(row.state),
      run: () => now({ type: "SingleFire", instance }),
    },
    {
      keys: "S",
      label: "Stop",
      says: "Finish the cycle, then cancel what is left (asks first)",
      off: ENDED.has(row.state),
      run: () => setAsking("stop"),
    },
    {
      keys: "X",
      label: "Force stop",
      says: "Cancel everything now and end it (asks first)",
      off: ENDED.has(row.state),
      quiet: true,
      run: () => setAsking("force"),
    },
    {
      keys: "C",
      label: "Cancel orders",
      says: "Cancel its orders; it goes on and may place others (asks first)",
      off: ENDED.has(row.state),
      quiet: true,
      run: () => setAsking("cancel"),
    },
    {
      keys: "L",
      label: "Flatten",
      says: "Close its positions (asks first)",
      quiet: true,
      run: () => setAsking("flatten"),
    },
    ...own.map((each) => ({
      ...each,
      quiet: true,
      off: ENDED.has(row.state),
      run: () => now({ type: "Tell", instance, action: each.action, arguments: each.arguments }),
    })),
  ];
  useShortcuts(
    may
      ? actions
          .filter((each) => each.keys && !each.off && !busy)
          .map(({ keys, says, run: go }) => ({
            keys: keys.length === 1 ? keys.toLowerCase() : keys,
            says,
            group: GROUP,
            run: go,
          }))
      : [],
  );
  const halted = row.trading !== "active";
  const shown = phone && !all ? actions.filter((each) => !each.quiet) : actions;
  return (
    <>
      {shown.map((each) => (
        <button
          key={each.label}
          type="button"
          className="button"
          disabled={!may || each.off || busy}
          title={each.says}
          onClick={each.run}
        >
          {each.label}
          {each.keys && <kbd>{each.keys}</kbd>}
        </button>
      ))}
      {phone && (
        <button type="button" className="button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Less" : "More"}
        </button>
      )}
      {halted ? (
        <button type="button" className="button" disabled={!may} onClick={() => setAsking("rearm")}>
          Rearm
        </button>
      ) : (
        <button
          type="button"
          className="button danger-quiet"
          disabled={!may}
          title="Stop this instance alone from trading"
          onClick={() => setAsking("kill")}
        >
          Kill instance
        </button>
      )}
      {asking && <Asking which={asking} instance={instance} close={() => setAsking(null)} />}
    </>
  );
}

interface OwnCommand {
  keys: string;
  label: string;
  says: string;
  action: string;
  arguments: Record<string, unknown>;
}

/** What this strategy alone understands; those that people know by a key have it. */
function useOwnCommands(row: InstanceView): OwnCommand[] {
  const { data } = useAsk<Page<StrategyView>>("/strategies");
  const commands = data?.rows.find((each) => each.name === row.strategy)?.commands ?? {};
  return Object.entries(commands).flatMap(([action, says]): OwnCommand[] => {
    if (action === "toggle_jump") {
      return [0, 1].map((index) => ({
        keys: String(index + 1),
        label: `Jump ${"AB"[index]}`,
        says: `Arm JUMP on leg ${"AB"[index]}, or switch it off`,
        action,
        arguments: { market_index: index },
      }));
    }
    if (action === "toggle_fair_value")
      return [{ keys: "V", label: "Fair value", says, action, arguments: {} }];
    return [{ keys: "", label: words(action), says, action, arguments: {} }];
  });
}

function Asking({ which, instance, close }: { which: Grave; instance: string; close: () => void }) {
  const [flatten, setFlatten] = useState(false);
  const [protective, setProtective] = useState(false);
  const [slippage, setSlippage] = useState("0.5");
  const scope = { kind: "instance", name: instance } as const;
  const asked: Record<Grave, [title: string, verb: string, command: Command]> = {
    stop: [`Stop ${instance}`, "Stop", { type: "Stop", instance, flatten }],
    force: [
      `Force-stop ${instance}`,
      "Force stop",
      { type: "ForceStop", instance, cancel_protective: protective },
    ],
    cancel: [
      `Cancel the orders of ${instance}`,
      "Cancel orders",
      { type: "CancelOrders", instance, cancel_protective: protective },
    ],
    flatten: [
      `Flatten ${instance}`,
      "Flatten",
      { type: "Flatten", instance, max_slippage_pct: slippage || "0.5" },
    ],
    kill: [`Kill ${instance}`, "Kill", { type: "Kill", scope, cancel_protective: protective }],
    rearm: [`Rearm ${instance}`, "Rearm", { type: "Rearm", scope }],
  };
  const [title, verb, command] = asked[which];
  const told: Write = write(command);
  return (
    <PreviewDialog
      title={title}
      verb={verb}
      danger={which === "force" || which === "kill"}
      binding={which !== "kill"}
      write={told}
      close={close}
    >
      {which === "stop" && (
        <label className="check">
          <input
            type="checkbox"
            checked={flatten}
            onChange={(event) => setFlatten(event.target.checked)}
          />
          Close its positions as well
        </label>
      )}
      {(which === "force" || which === "kill" || which === "cancel") && (
        <label className="check">
          <input
            type="checkbox"
            checked={protective}
            onChange={(event) => setProtective(event.target.checked)}
          />
          Cancel its protective stops, too
        </label>
      )}
      {which === "flatten" && (
        <label className="field">
          <span className="label">
            Slippage at most <span className="unit">percent of the price</span>
          </span>
          <input
            className="input"
            inputMode="decimal"
            value={slippage}
            onChange={(event) => setSlippage(event.target.value)}
          />
        </label>
      )}
    </PreviewDialog>
  );
}
