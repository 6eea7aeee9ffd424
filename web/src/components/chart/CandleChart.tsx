/** Candles of an instrument with our own orders, stops and fills drawn on them. */
import {
  CandlestickSeries,
  createSeriesMarkers,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef, useState } from "react";

import type { Candle, FillView, OrderView } from "../../api/shapes";
import { number, placesOf, words } from "../../lib/format";
import { colour } from "../../lib/theme";
import { secondsOf, useChart } from "./canvas";

export interface CandleChartProps {
  candles: readonly Candle[];
  orders: readonly OrderView[];
  fills: readonly FillView[];
  tick: string | undefined;
  seconds: number;
  label: string;
  /** Called when the reader has come to the oldest candle. */
  earlier?: () => void;
}

interface Drawn {
  series: ISeriesApi<"Candlestick">;
  markers: ISeriesMarkersPluginApi<Time>;
}

const EDGE_CANDLES = 5;
const CANDLE_PX = 7;
const LONGEST_TITLE = 22;

export default function CandleChart(props: CandleChartProps) {
  const { candles, orders, fills, tick, seconds, label, earlier } = props;
  const box = useRef<HTMLDivElement>(null);
  const { chart, dark } = useChart(box);
  const drawn = useSeries(chart, dark, tick);
  useCandles(chart, drawn, candles);
  useOrders(drawn, orders, dark);
  useFills(drawn, fills, candles[0]?.[0] ?? Infinity, seconds, dark);
  useEdge(chart, earlier);
  return <div ref={box} className="chart" role="img" aria-label={label} />;
}

function useSeries(chart: IChartApi | null, dark: boolean, tick: string | undefined): Drawn | null {
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  useEffect(() => {
    if (!chart) return undefined;
    const series = chart.addSeries(CandlestickSeries, { borderVisible: false, priceLineStyle: 1 });
    setDrawn({ series, markers: createSeriesMarkers(series) });
    return () => setDrawn(null);
  }, [chart]);
  useEffect(() => {
    const up = colour("up");
    const down = colour("down");
    // Hollow against solid would be lost at this size; colour and direction must do.
    drawn?.series.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
  }, [drawn, dark]);
  useEffect(() => {
    const places = placesOf(tick) ?? 2;
    drawn?.series.applyOptions({
      priceFormat: { type: "price", precision: places, minMove: 10 ** -places },
    });
  }, [drawn, tick]);
  return drawn;
}

const shapeOf = ([ns, open, high, low, close]: Candle) => ({
  time: secondsOf(ns),
  open: Number(open),
  high: Number(high),
  low: Number(low),
  close: Number(close),
});

function useCandles(
  chart: IChartApi | null,
  drawn: Drawn | null,
  candles: readonly Candle[],
): void {
  const last = useRef<{ drawn: Drawn; rows: readonly Candle[] } | null>(null);
  useEffect(() => {
    if (!drawn || !chart) return;
    const before = last.current?.drawn === drawn ? last.current.rows : [];
    last.current = { drawn, rows: candles };
    const goesOn =
      before.length > 0 &&
      before[0]?.[0] === candles[0]?.[0] &&
      candles.length >= before.length &&
      candles.length - before.length < 3;
    if (goesOn)
      for (const row of candles.slice(before.length - 1)) drawn.series.update(shapeOf(row));
    else {
      const seen = chart.timeScale().getVisibleLogicalRange();
      const older = before[0] ? candles.findIndex((row) => row[0] === before[0]?.[0]) : 0;
      drawn.series.setData(candles.map(shapeOf));
      // Older ones came in front: what the reader looks at stays where it is.
      if (seen && older > 0)
        chart.timeScale().setVisibleLogicalRange({ from: seen.from + older, to: seen.to + older });
      // The venue's own took the place of those made of middles, which began after them.
      else if (older < 0 && before[0] && candles[0] && before[0][0] > candles[0][0])
        showNewest(chart, candles.length);
    }
    if (!before.length && candles.length) showNewest(chart, candles.length);
  }, [chart, drawn, candles]);
}

function showNewest(chart: IChartApi, count: number): void {
  const shown = Math.round(chart.timeScale().width() / CANDLE_PX) || 120;
  chart.timeScale().setVisibleLogicalRange({ from: count - shown, to: count + 6 });
}

function useOrders(drawn: Drawn | null, orders: readonly OrderView[], dark: boolean): void {
  const lines = useRef(new Map<string, IPriceLine>());
  useEffect(() => {
    lines.current = new Map();
  }, [drawn]);
  useEffect(() => {
    if (!drawn) return;
    const wanted = new Map(orders.map((order) => [order.client_order_id, order]));
    for (const [id, line] of lines.current) {
      if (wanted.has(id)) continue;
      drawn.series.removePriceLine(line);
      lines.current.delete(id);
    }
    for (const [id, order] of wanted) {
      const options = lineOf(order);
      const known = lines.current.get(id);
      if (known) known.applyOptions(options);
      else lines.current.set(id, drawn.series.createPriceLine(options));
    }
  }, [drawn, orders, dark]);
}

function lineOf(order: OrderView) {
  const stop = order.stop_px !== null;
  const title = `${order.side} ${number(order.leaves_qty)} ${words(order.reason)}`;
  return {
    price: Number(order.stop_px ?? order.px ?? 0),
    color: colour(order.ord_status === "unknown" ? "danger" : order.side === "buy" ? "up" : "down"),
    lineStyle: stop ? (1 as const) : (2 as const),
    lineWidth: 1 as const,
    axisLabelVisible: true,
    title: title.slice(0, LONGEST_TITLE),
  };
}

function useFills(
  drawn: Drawn | null,
  fills: readonly FillView[],
  fromNs: number,
  seconds: number,
  dark: boolean,
): void {
  useEffect(() => {
    if (!drawn) return;
    // Those before the first candle would all be heaped upon it.
    const marks = fills
      .filter((fill) => fill.ts_event >= fromNs)
      .map((fill) => markOf(fill, seconds))
      .sort((one, other) => Number(one.time) - Number(other.time));
    drawn.markers.setMarkers(marks);
  }, [drawn, fills, fromNs, seconds, dark]);
}

function markOf(fill: FillView, seconds: number): SeriesMarker<Time> {
  const buy = fill.side === "buy";
  const at = Math.floor(fill.ts_event / 1e9 / seconds) * seconds;
  return {
    time: at as UTCTimestamp,
    position: buy ? "belowBar" : "aboveBar",
    shape: buy ? "arrowUp" : "arrowDown",
    color: colour(buy ? "up" : "down"),
    text: number(fill.last_qty),
    size: 0.8,
  };
}

function useEdge(chart: IChartApi | null, earlier: (() => void) | undefined): void {
  const latest = useRef(earlier);
  latest.current = earlier;
  useEffect(() => {
    if (!chart) return undefined;
    const scale = chart.timeScale();
    const look = (range: { from: number } | null) => {
      if (range && range.from < EDGE_CANDLES) latest.current?.();
    };
    scale.subscribeVisibleLogicalRangeChange(look);
    return () => scale.unsubscribeVisibleLogicalRangeChange(look);
  }, [chart]);
}
