/** What the public traded, newest first. */
import type { Print } from "../../api/shapes";
import { Qty, Time } from "../../components/figures";
import { Empty } from "../../components/parts";
import { number, placesOf } from "../../lib/format";
import { useLive } from "../../live/store";

const MOST = 60;
const NONE: readonly Print[] = [];

export function Prints({ instrument }: { instrument: string }) {
  const rows = useLive((live) => live.trades.get(instrument) ?? NONE);
  const tick = useLive((live) => live.feeds.get(instrument)?.tick);
  if (!rows.length)
    return (
      <Empty title="No trade since you came.">
        Each public trade shows here as the venue tells it.
      </Empty>
    );
  const newest = rows.slice(-MOST).reverse();
  return (
    <div className="prints live" tabIndex={0} role="log" aria-label="Public trades">
      <div className="print faint">
        <span>Px</span>
        <span>Qty</span>
        <span>Time</span>
      </div>
      {newest.map(([ns, px, qty, side], at) => (
        <div key={`${ns} ${px} ${qty} ${newest.length - at}`} className="print">
          <span
            className={`num ${side === "buy" ? "up" : "down"}`}
            title={side === "buy" ? "A buyer took it" : "A seller hit it"}
          >
            <span aria-hidden="true">{side === "buy" ? "▲ " : "▼ "}</span>
            {number(px, placesOf(tick))}
          </span>
          <Qty value={qty} />
          <Time ns={ns} />
        </div>
      ))}
    </div>
  );
}
