/** Candles of a market, every working order, stop and fill of the desk drawn on them. */
import { useCallback, useState } from "react";

import type { FillView, MarketView, OrderView } from "../../api/shapes";
import { CandleChart } from "../../components/Chart";
import { Pick } from "../../components/Pick";
import { Panel } from "../../components/parts";
import { useWatch } from "../../live/socket";
import { isLive, type Live } from "../../live/state";
import { useLive, useLiveList } from "../../live/store";
import { finer, INTERVALS, type Interval, useCandles } from "../instance/OwnChart";

const NAMES = Object.keys(INTERVALS) as Interval[];

export function MarketChart({
  instrument,
  rules,
}: {
  instrument: string;
  rules: MarketView | null;
}) {
  const [interval, setInterval] = useState<Interval>("1m");
  useWatch(instrument, interval);
  const { candles, made, earlier } = useCandles(instrument, interval);
  const tick = useLive((state) => state.feeds.get(instrument)?.tick) ?? rules?.tick;
  const orders = useLiveList(
    useCallback((state: Live) => ordersOf(state, instrument), [instrument]),
  );
  const fills = useLiveList(useCallback((state: Live) => fillsOf(state, instrument), [instrument]));
  const choose = (name: Interval | ""): void => {
    if (name) setInterval(name);
  };
  return (
    <Panel
      title="Candles"
      className="market-chart"
      flush
      actions={
        <>
          {made && (
            <span className="faint" title="The venue tells no candles of this market.">
              middles since this page is open
            </span>
          )}
          <Pick label="Interval of the candles" value={interval} options={NAMES} choose={choose} />
        </>
      }
    >
      <div className="market-chart-box">
        <CandleChart
          key={`${instrument} ${interval}`}
          candles={candles}
          orders={orders}
          fills={fills}
          tick={made ? finer(tick) : tick}
          seconds={INTERVALS[interval]}
          label={`Candles of ${instrument} with our orders and fills`}
          earlier={earlier}
        />
      </div>
    </Panel>
  );
}

const ordersOf = (live: Live, instrument: string): OrderView[] =>
  [...live.orders.values()].filter((row) => row.instrument === instrument && isLive(row));
const fillsOf = (live: Live, instrument: string): FillView[] =>
  [...live.fills.values()].filter((row) => row.instrument === instrument);
