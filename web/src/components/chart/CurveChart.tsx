/** A result over time: above nothing in the colour of gain, below in that of loss. */
import { BaselineSeries, type ISeriesApi, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useRef, useState } from "react";

import type { Point } from "../../api/shapes";
import { money } from "../../lib/format";
import { colour } from "../../lib/theme";
import { secondsOf, useChart } from "./canvas";

/** The last worth of each second, times rising. */
function seriesOf(points: readonly Point[]): { time: UTCTimestamp; value: number }[] {
  const bySecond = new Map<UTCTimestamp, number>();
  for (const [ns, net] of points) bySecond.set(secondsOf(ns), Number(net));
  return [...bySecond]
    .sort(([one], [other]) => one - other)
    .map(([time, value]) => ({ time, value }));
}

export default function CurveChart({
  points,
  limit,
  label,
}: {
  points: readonly Point[];
  limit?: number | null;
  label: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const { chart, dark } = useChart(box, {
    handleScroll: false,
    handleScale: false,
    localization: { priceFormatter: (worth: number) => money(worth) },
  });
  const [series, setSeries] = useState<ISeriesApi<"Baseline"> | null>(null);
  useEffect(() => {
    if (!chart) return undefined;
    const made = chart.addSeries(BaselineSeries, {
      baseValue: { type: "price", price: 0 },
      lineWidth: 2,
      priceLineVisible: false,
    });
    setSeries(made);
    return () => setSeries(null);
  }, [chart]);
  useEffect(() => {
    series?.applyOptions({
      topLineColor: colour("up"),
      topFillColor1: colour("up-soft"),
      topFillColor2: "transparent",
      bottomLineColor: colour("down"),
      bottomFillColor1: "transparent",
      bottomFillColor2: colour("down-soft"),
    });
  }, [series, dark]);
  useEffect(() => {
    if (!series || !chart) return;
    series.setData(seriesOf(points));
    chart.timeScale().fitContent();
  }, [series, chart, points]);
  useEffect(() => {
    if (!series || limit === null || limit === undefined) return undefined;
    const line = series.createPriceLine({
      price: limit,
      color: colour("danger"),
      lineStyle: 2,
      lineWidth: 1,
      title: "day limit",
      axisLabelVisible: true,
    });
    return () => series.removePriceLine(line);
  }, [series, limit, dark]);
  return <div ref={box} className="chart" role="img" aria-label={label} />;
}
