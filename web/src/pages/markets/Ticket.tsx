/** An order by hand: through the same gate as every other, with its effect shown first. */
import { useEffect, useId, useState } from "react";
import { useSearchParams } from "react-router";

import type {
  AccountView,
  MarketView,
  OrderType,
  Page,
  Side,
  Ticket as TicketBody,
  TimeInForce,
} from "../../api/shapes";
import { Act } from "../../components/Act";
import { Pick, Switch } from "../../components/Pick";
import { Empty, ErrorNote } from "../../components/parts";
import { PreviewDialog } from "../../components/PreviewDialog";
import { useAsk } from "../../lib/asking";
import { instrumentParts, money, number } from "../../lib/format";
import { useShortcuts } from "../../lib/shortcuts";

interface Typed {
  account: string;
  side: Side;
  type: OrderType;
  qty: string;
  px: string;
  trigger: string;
  tif: TimeInForce;
  post: boolean;
  reduce: boolean;
}

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

const NUMBER = /^\d*\.?\d+$/;
const takesPx = (type: OrderType): boolean => type === "limit" || type === "stop_limit";
const takesTrigger = (type: OrderType): boolean => type === "stop" || type === "stop_limit";

interface TicketProps {
  instrument: string;
  rules: MarketView | null;
  /** A price that was picked in the book; `turn` tells one picking from the next. */
  picked: { px: string; turn: number };
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

function useTyped(
  first: string,
  picked: TicketProps["picked"],
): [Typed, (patch: Partial<Typed>) => void] {
  const [told] = useSearchParams();
  const [typed, setTyped] = useState<Typed>({
    account: told.get("account") ?? "",
    side: told.get("side") === "sell" ? "sell" : "buy",
    type: "limit",
    qty: told.get("qty") ?? "",
    px: "",
    trigger: "",
    tif: "gtc",
    post: false,
    reduce: told.get("reduce") === "yes",
  });
  useEffect(() => {
    if (picked.turn)
      setTyped((was) => ({
        ...was,
        px: String(picked.px)
          .replace(/(\.\d*?)0+$/, "$1")
          .replace(/\.$/, ""),
      }));
  }, [picked]);
  const change = (patch: Partial<Typed>): void => setTyped((was) => ({ ...was, ...patch }));
  return [{ ...typed, account: typed.account || first }, change];
}

function faultOf(typed: Typed): string {
  if (!typed.account) return "Choose an account.";
  if (!NUMBER.test(typed.qty)) return "Give a quantity.";
  if (takesPx(typed.type) && !NUMBER.test(typed.px))
    return "Give a price, or take one from the book.";
  if (takesTrigger(typed.type) && !NUMBER.test(typed.trigger)) return "Give the trigger price.";
  return "";
}

function bodyOf(instrument: string, typed: Typed): TicketBody {
  return {
    account: typed.account,
    instrument,
    side: typed.side,
    qty: typed.qty,
    px: takesPx(typed.type) ? typed.px : null,
    trigger_px: takesTrigger(typed.type) ? typed.trigger : null,
    ord_type: typed.type,
    tif: typed.tif,
    post_only: typed.post && typed.type === "limit",
    reduce_only: typed.reduce,
  };
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
