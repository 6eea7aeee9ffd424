/** Candles of a market, every working order, stop and fill of the desk drawn on them. */
import { useCallback, useMemo, useRef, useState } from "react";

import { ask, pathOf } from "../../api/client";
import type { Candle, CandlesView, FillView, MarketView, OrderView } from "../../api/shapes";
import { CandleChart } from "../../components/Chart";
import { Pick } from "../../components/Pick";
import { Panel } from "../../components/parts";
import { toastError } from "../../components/toasts";
import { asError } from "../../lib/asking";
import { useWatch } from "../../live/socket";
import { candlesKey, isLive, type Live } from "../../live/state";
import { useLive, useLiveList } from "../../live/store";
import { INTERVALS, type Interval } from "../instance/OwnChart";

const NONE: readonly Candle[] = [];
const NAMES = Object.keys(INTERVALS) as Interval[];
const BATCH = 300;

export function MarketChart({ instrument, rules }: { instrument: string; rules: MarketView | null }) {
  const [interval, setInterval] = useState<Interval>("1m");
  useWatch(instrument, interval);
  const live = useLive((state) => state.candles.get(candlesKey(instrument, interval)) ?? NONE);
  const [earlier, more] = useEarlier(instrument, interval, live[0]?.[0]);
  const candles = useMemo(() => joined(earlier, live), [earlier, live]);
  const tick = useLive((state) => state.feeds.get(instrument)?.tick) ?? rules?.tick;
  const orders = useLiveList(useCallback((state: Live) => ordersOf(state, instrument), [instrument]));
  const fills = useLiveList(useCallback((state: Live) => fillsOf(state, instrument), [instrument]));
  return (
    <Panel title="Candles" className="market-chart" flush actions={<Pick label="Interval of the candles" value={interval} options={NAMES} choose={(name) => name && setInterval(name)} />}>
      <div className="market-chart-box">
        <CandleChart key={`${instrument} ${interval}`} candles={candles} orders={orders} fills={fills} tick={tick} seconds={INTERVALS[interval]} label={`Candles of ${instrument} with our orders and fills`} earlier={more} />
      </div>
    </Panel>
  );
}

const ordersOf = (live: Live, instrument: string): OrderView[] => [...live.orders.values()].filter((row) => row.instrument === instrument && isLive(row));
const fillsOf = (live: Live, instrument: string): FillView[] => [...live.fills.values()].filter((row) => row.instrument === instrument);

function joined(earlier: readonly Candle[], live: readonly Candle[]): readonly Candle[] {
  const first = live[0]?.[0];
  if (!earlier.length || first === undefined) return live;
  return [...earlier.filter((row) => row[0] < first), ...live];
}

/** Candles before those that the socket tells, asked for when the reader comes to the oldest. */
function useEarlier(instrument: string, interval: string, first: number | undefined): [readonly Candle[], () => void] {
  const [held, setHeld] = useState<{ of: string; rows: readonly Candle[]; end: boolean }>({ of: "", rows: [], end: false });
  const busy = useRef(false);
  const of = `${instrument} ${interval}`;
  const mine = held.of === of ? held : { of, rows: NONE, end: false };
  const before = mine.rows[0]?.[0] ?? first;
  const more = useCallback(() => {
    if (busy.current || mine.end || before === undefined) return;
    busy.current = true;
    ask<CandlesView>(pathOf(`/markets/${encodeURIComponent(instrument)}/candles`, { interval, before, limit: BATCH }))
      .then(({ rows }) => {
        const older = rows.filter((row) => row[0] < before);
        setHeld({ of, rows: [...older, ...mine.rows], end: older.length === 0 });
      })
      .catch((error: unknown) => {
        setHeld({ of, rows: mine.rows, end: true });
        toastError(asError(error));
      })
      .finally(() => {
        busy.current = false;
      });
  }, [of, before, mine.end]);
  return [mine.rows, more];
}
