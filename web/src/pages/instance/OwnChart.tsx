import { useMemo, useRef, useState } from "react";

import { ask } from "../../api/client";
import type { Candle, CandlesView, OrderView } from "../../api/shapes";
import { CandleChart } from "../../components/Chart";
import { Px } from "../../components/figures";
import { Empty, InstrumentName } from "../../components/parts";
import { candlesOf } from "../../live/marks";
import { candlesKey, isLive, type Live } from "../../live/state";
import { useLive, useLiveList } from "../../live/store";
import { useWatch } from "../../live/socket";
import { useFillsOf } from "./history";

export const INTERVALS = {
  "1s": 1,
  "5s": 5,
  "15s": 15,
  "1m": 60,
  "5m": 300,
  "15m": 900,
  "1h": 3600,
} as const;
export type Interval = keyof typeof INTERVALS;

const NONE = [] as const;

interface OwnChartProps {
  instance: string;
  instruments: readonly string[];
  instrument: string;
  choose: (instrument: string) => void;
}

/** The market of one of its instruments, with its own working orders, stops and fills. */
export function OwnChart({ instance, instruments, instrument, choose }: OwnChartProps) {
  const [interval, setInterval] = useState<Interval>("1m");
  useWatch(instrument, interval);
  const { candles, made, earlier } = useCandles(instrument, interval);
  const feed = useLive((live) => live.feeds.get(instrument));
  const orders = useLiveList(ordersOf(instance, instrument));
  const all = useFillsOf(instance).rows;
  const fills = useMemo(
    () => all.filter((row) => row.instrument === instrument),
    [all, instrument],
  );
  return (
    <>
      <div className="panel-head" style={{ flexWrap: "wrap", paddingBlock: 4 }}>
        <select
          className="input"
          style={{ maxWidth: 280 }}
          aria-label="Instrument"
          value={instrument}
          onChange={(event) => choose(event.target.value)}
        >
          {instruments.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <select
          className="input"
          style={{ width: 84 }}
          aria-label="Interval of the candles"
          value={interval}
          onChange={(event) => setInterval(event.target.value as Interval)}
        >
          {Object.keys(INTERVALS).map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <span className="actions live">
          <span className="up">
            <Px value={feed?.bid} tick={feed?.tick} />
          </span>
          <span className="down">
            <Px value={feed?.ask} tick={feed?.tick} />
          </span>
          {made && (
            <span className="faint" title="The venue tells no candles of this market.">
              middles since this page is open
            </span>
          )}
          {feed?.trust && <span className="warn">{feed.trust}</span>}
        </span>
      </div>
      <div style={{ height: 396 }}>
        {instrument ? (
          <CandleChart
            key={`${instrument} ${interval}`}
            candles={candles}
            orders={orders}
            fills={fills}
            tick={made ? finer(feed?.tick) : feed?.tick}
            seconds={INTERVALS[interval]}
            earlier={earlier}
            label={`Candles of ${instrument} with the orders and fills of ${instance}`}
          />
        ) : (
          <Empty title="It hears no instrument yet.">
            <InstrumentName id="" />
          </Empty>
        )}
      </div>
    </>
  );
}

// A middle lies between two ticks.
export const finer = (tick: string | undefined): string | undefined =>
  tick === undefined ? undefined : String(Number(tick) / 10);

interface Seen {
  candles: readonly Candle[];
  made: boolean;
  earlier: () => void;
}

/** The venue's candles; where it has none, those of the middles that this page has seen. */
export function useCandles(instrument: string, interval: Interval): Seen {
  const newest = useLive((live) => live.candles.get(candlesKey(instrument, interval)) ?? NONE);
  const { rows: older, earlier } = useEarlier(instrument, interval, newest[0]?.[0]);
  const told = useMemo(() => (older.length ? [...older, ...newest] : newest), [older, newest]);
  const marks = useLive((live) => (told.length ? NONE : (live.marks.get(instrument) ?? NONE)));
  const made = useMemo(() => candlesOf(marks, INTERVALS[interval]), [marks, interval]);
  return { candles: told.length ? told : made, made: !told.length && made.length > 0, earlier };
}

const PAGE = 300;

/** Candles before the first that the socket told, asked for when the reader goes back in time. */
function useEarlier(
  instrument: string,
  interval: Interval,
  firstNs: number | undefined,
): { rows: readonly Candle[]; earlier: () => void } {
  const of = `${instrument} ${interval}`;
  const [held, setHeld] = useState<{ of: string; rows: readonly Candle[]; done: boolean }>({
    of,
    rows: NONE,
    done: false,
  });
  const asking = useRef(false);
  const mine = held.of === of ? held : { of, rows: NONE, done: false };
  const before = mine.rows[0]?.[0] ?? firstNs;
  async function earlier(): Promise<void> {
    if (asking.current || mine.done || before === undefined) return;
    asking.current = true;
    try {
      const page = await ask<CandlesView>(`/markets/${encodeURIComponent(instrument)}/candles`, {
        query: { interval, before, limit: PAGE },
      });
      const rows = page.rows.filter((row) => row[0] < before);
      setHeld({ of, rows: [...rows, ...mine.rows], done: !rows.length });
    } catch {
      // The chart stays as it is; going back once more asks again.
    } finally {
      asking.current = false;
    }
  }
  return { rows: mine.rows, earlier: () => void earlier() };
}

const ordersOf =
  (instance: string, instrument: string) =>
  (live: Live): OrderView[] =>
    [...live.orders.values()].filter(
      (row) => row.instance === instance && row.instrument === instrument && isLive(row),
    );
