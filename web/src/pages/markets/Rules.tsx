import type { ReactNode } from "react";

import type { MarketView } from "../../api/shapes";
import { Time } from "../../components/figures";
import { Empty, Pairs } from "../../components/parts";
import { number, titled } from "../../lib/format";
import { Expiry } from "./rows";

/** What the venue asks of an order here, as the gate checks it. */
export function Rules({ rules }: { rules: MarketView | null }) {
  if (!rules) return <Empty title="Asking the desk …" />;
  const rows: [string, ReactNode][] = [
    ["Kind", titled(rules.kind)],
    ["Tick", ticksOf(rules)],
    ["Lot", number(rules.lot)],
    ["Quantity", `${number(rules.min_qty)} to ${large(rules.max_qty)}`],
    [
      "Least worth",
      Number(rules.min_notional) ? `${number(rules.min_notional)} ${rules.quote}` : "none",
    ],
    ["Quoted in", rules.quote],
    ["Fees", <span title={rules.fees}>{rules.fees || "none told"}</span>],
  ];
  if (rules.multiplier !== "1") rows.push(["Multiplier", number(rules.multiplier)]);
  if (rules.event) rows.push(["Event", rules.event]);
  if (rules.outcome) rows.push(["Pays on", rules.outcome.toUpperCase()]);
  if (rules.strike !== null) rows.push(["Strike", number(rules.strike)]);
  if (rules.mirror) rows.push(["Mirror", rules.mirror]);
  if (rules.expires_ns !== null) rows.push(["Ends", <Ends ns={rules.expires_ns} />]);
  return <Pairs rows={rows} />;
}

const large = (qty: string): string => (Number(qty) >= 1e12 ? "no limit told" : number(qty));

function ticksOf({ tick, ticks }: MarketView): string {
  if (ticks.length < 2) return number(tick);
  return ticks.map((band) => `${number(band.tick)} from ${number(band.low)}`).join(", ");
}

function Ends({ ns }: { ns: number }) {
  return (
    <>
      <Time ns={ns} /> (<Expiry ns={ns} />)
    </>
  );
}
