/** An order by hand: through the same gate as every other, with its effect shown first. */
import { useId, useState } from "react";

import type { AccountView, MarketView, Page, Side } from "../../api/shapes";
import { Act } from "../../components/Act";
import { Pick, Switch } from "../../components/Pick";
import { Empty, ErrorNote } from "../../components/parts";
import { PreviewDialog } from "../../components/PreviewDialog";
import { useAsk } from "../../lib/asking";
import { instrumentParts, money, number } from "../../lib/format";
import { useShortcuts } from "../../lib/shortcuts";
import {
  bodyOf,
  faultOf,
  NUMBER,
  type Picked,
  takesPx,
  takesTrigger,
  type Typed,
  useTyped,
} from "./typed";

const SIDES = [
  ["buy", "Buy"],
  ["sell", "Sell"],
] as const;
const TYPES = [
  ["limit", "Limit"],
  ["market", "Market"],
  ["stop", "Stop"],
  ["stop_limit", "Stop limit"],
] as const;
const TIFS = [
  ["gtc", "until cancelled"],
  ["day", "for the day"],
  ["ioc", "at once, rest off"],
  ["fok", "all or nothing"],
] as const;

interface TicketProps {
  instrument: string;
  rules: MarketView | null;
  picked: Picked;
}

export function Ticket({ instrument, rules, picked }: TicketProps) {
  const { venue } = instrumentParts(instrument);
  const { data, error, loading } = useAsk<Page<AccountView>>("/accounts");
  const accounts = (data?.rows ?? [])
    .filter((each) => each.venue === venue)
    .map((each) => each.account);
  const [typed, change] = useTyped(accounts[0] ?? "", picked);
  const [asking, setAsking] = useState(false);
  const name = useId();
  const px = (side: Side) => () => {
    change({ side });
    document.getElementById(`${name}-qty`)?.focus();
  };
  useShortcuts([
    { keys: "b", says: "Buy: to the quantity of the ticket", group: "This market", run: px("buy") },
    {
      keys: "s",
      says: "Sell: to the quantity of the ticket",
      group: "This market",
      run: px("sell"),
    },
  ]);
  if (data && !accounts.length)
    return (
      <Empty title="No account at this venue.">
        Name one in desk.toml and seal its keys with: tradewind accounts add NAME
      </Empty>
    );
  const wrong = faultOf(typed);
  return (
    <form
      className="stack ticket"
      aria-label="Order by hand"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) setAsking(true);
      }}
    >
      <Switch label="Side" value={typed.side} options={SIDES} choose={(side) => change({ side })} />
      <div className="pair">
        <label className="field">
          <span className="label">Account</span>
          <Pick
            label="Account"
            value={typed.account}
            options={accounts}
            choose={(account) => change({ account })}
            {...(loading && !data ? { all: "…" } : {})}
          />
        </label>
        <label className="field">
          <span className="label">Type</span>
          <Pick
            label="Type"
            value={typed.type}
            options={TYPES}
            choose={(type) => type && change({ type })}
          />
        </label>
      </div>
      <div className="pair">
        <Amount
          id={`${name}-qty`}
          label="Quantity"
          unit={rules ? `lot ${number(rules.lot)}` : ""}
          value={typed.qty}
          change={(qty) => change({ qty })}
        />
        <Amount
          id={`${name}-px`}
          label="Price"
          unit={rules ? `tick ${number(rules.tick)}` : ""}
          value={takesPx(typed.type) ? typed.px : ""}
          off={!takesPx(typed.type)}
          change={(to) => change({ px: to })}
        />
      </div>
      {takesTrigger(typed.type) && (
        <Amount
          id={`${name}-trigger`}
          label="Trigger price"
          unit="wakes the stop"
          value={typed.trigger}
          change={(trigger) => change({ trigger })}
        />
      )}
      <div className="pair">
        <label className="field">
          <span className="label">Stands</span>
          <Pick
            label="Stands"
            value={typed.tif}
            options={TIFS}
            choose={(tif) => tif && change({ tif })}
          />
        </label>
        <Worth typed={typed} rules={rules} />
      </div>
      <div className="line">
        <label className="check">
          <input
            type="checkbox"
            checked={typed.post}
            disabled={typed.type !== "limit"}
            onChange={(event) => change({ post: event.target.checked })}
          />
          Post only
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={typed.reduce}
            onChange={(event) => change({ reduce: event.target.checked })}
          />
          Reduce only
        </label>
      </div>
      <ErrorNote error={error} />
      <Act
        needs="trader"
        className={`wide side-${typed.side}`}
        off={wrong || undefined}
        says="Asks the gate what it would do; nothing is sent yet"
        onClick={() => setAsking(true)}
      >
        See what it would do
      </Act>
      <button
        type="submit"
        className="unseen"
        tabIndex={-1}
        aria-hidden="true"
        disabled={wrong !== ""}
      />
      {asking && (
        <PreviewDialog
          title={`${typed.side === "buy" ? "Buy" : "Sell"} ${number(typed.qty)} ${instrumentParts(instrument).symbol}`}
          verb="Place the order"
          write={{ path: "/orders", body: { ...bodyOf(instrument, typed) } }}
          close={() => setAsking(false)}
        />
      )}
    </form>
  );
}

function Amount({
  id,
  label,
  unit,
  value,
  off = false,
  change,
}: {
  id: string;
  label: string;
  unit: string;
  value: string;
  off?: boolean;
  change: (value: string) => void;
}) {
  const wrong = value !== "" && !NUMBER.test(value);
  return (
    <label className="field">
      <span className="label">
        {label} <span className="unit">{unit}</span>
      </span>
      <input
        id={id}
        className="input num"
        inputMode="decimal"
        value={value}
        disabled={off}
        placeholder={off ? "at the market" : ""}
        aria-invalid={wrong || undefined}
        autoComplete="off"
        onChange={(event) => change(event.target.value.trim())}
      />
    </label>
  );
}

function Worth({ typed, rules }: { typed: Typed; rules: MarketView | null }) {
  const worth =
    takesPx(typed.type) && NUMBER.test(typed.qty) && NUMBER.test(typed.px)
      ? Number(typed.qty) * Number(typed.px) * Number(rules?.multiplier ?? 1)
      : null;
  return (
    <div className="field">
      <span className="label">Worth</span>
      <span className="worth num">
        {worth === null ? "–" : money(worth)} <span className="faint small">{rules?.quote}</span>
      </span>
    </div>
  );
}
