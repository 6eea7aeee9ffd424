/** Numbers as the desk says them: tabular, with sign, currency and the places of the instrument. */
import { deskNow, useLive, useSeconds } from "../live/store";
import {
  type Exact,
  known,
  latency,
  momentOf,
  money,
  number,
  placesOf,
  span,
  whenOf,
} from "../lib/format";

const toneOf = (value: Exact): string =>
  !known(value) || Number(value) === 0 ? "" : Number(value) > 0 ? "up" : "down";

/** A plain number with at most `places` places. */
export function Num({ value, places = null }: { value: Exact; places?: number | null }) {
  return <span className="num nowrap">{number(value, places)}</span>;
}

/** A sum of money; with `gain` it has a sign, an arrow and the colour of gain or loss. */
export function Money({
  value,
  currency,
  gain = false,
}: {
  value: Exact;
  currency?: string;
  gain?: boolean;
}) {
  const tone = gain ? toneOf(value) : "";
  return (
    <span className={`num nowrap ${tone}`}>
      {tone && <Arrow up={tone === "up"} />}
      {money(value, gain)}
      {currency && known(value) && <span className="faint small"> {currency}</span>}
    </span>
  );
}

/** The arrow that says the same as the colour. */
export function Arrow({ up }: { up: boolean }) {
  return (
    <span aria-hidden="true" style={{ fontSize: "0.7em", marginRight: "0.3em" }}>
      {up ? "▲" : "▼"}
    </span>
  );
}

/** A price with the places of its instrument's tick. */
export function Px({
  value,
  instrument,
  tick,
}: {
  value: Exact;
  instrument?: string;
  tick?: Exact;
}) {
  const found = useLive((live) => (instrument ? live.feeds.get(instrument)?.tick : undefined));
  return <span className="num nowrap">{number(value, placesOf(tick ?? found))}</span>;
}

/** A quantity; with `signed` long and short have their colours. */
export function Qty({
  value,
  signed = false,
  lot,
}: {
  value: Exact;
  signed?: boolean;
  lot?: Exact;
}) {
  return (
    <span className={`num nowrap ${signed ? toneOf(value) : ""}`}>
      {number(value, placesOf(lot), signed)}
    </span>
  );
}

/** How long ago, counting on by itself. `ns` is the desk's time. */
export function Age({ ns }: { ns: number }) {
  useSeconds();
  if (!ns) return <span className="faint">–</span>;
  return (
    <time className="num nowrap" title={momentOf(ns)} dateTime={new Date(ns / 1e6).toISOString()}>
      {span(deskNow() - ns)}
    </time>
  );
}

/** A moment: the time today, with the date before. */
export function Time({ ns }: { ns: number }) {
  return (
    <time className="num nowrap" title={momentOf(ns)}>
      {whenOf(ns, deskNow())}
    </time>
  );
}

export function Micros({ us }: { us: number | null | undefined }) {
  return <span className="num nowrap">{us ? latency(us) : "–"}</span>;
}

/** Buy or sell: an arrow, a word and a colour. */
export function SideWord({ side }: { side: "buy" | "sell" }) {
  return (
    <span className={`nowrap ${side === "buy" ? "up" : "down"}`}>
      <Arrow up={side === "buy"} />
      {side}
    </span>
  );
}
