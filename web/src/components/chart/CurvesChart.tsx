/** Several results over each other, each from its own start, in percent. */
import { type ISeriesApi, LineSeries, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useRef, useState } from "react";

import { percent } from "../../lib/format";
import { colour } from "../../lib/theme";
import { secondsOf, useChart } from "./canvas";

export interface NamedCurve {
  id: string;
  /** The name of the custom property with its colour. */
  colour: string;
  /** Nanoseconds and worth, times rising. */
  points: readonly (readonly [number, number])[];
}

function seriesOf({ points }: NamedCurve): { time: UTCTimestamp; value: number }[] {
  const start = points[0]?.[1] || 1;
  const bySecond = new Map<UTCTimestamp, number>();
  for (const [ns, worth] of points) bySecond.set(secondsOf(ns), worth / start - 1);
  return [...bySecond].map(([time, value]) => ({ time, value }));
}

export default function CurvesChart({
  curves,
  label,
}: {
  curves: readonly NamedCurve[];
  label: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const { chart, dark } = useChart(box, {
    handleScroll: false,
    handleScale: false,
    localization: { priceFormatter: (worth: number) => percent(worth, 2) },
  });
  const [lines, setLines] = useState<{ curve: NamedCurve; line: ISeriesApi<"Line"> }[]>([]);
  const said = curves.map((curve) => `${curve.id} ${curve.points.length}`).join();
  useEffect(() => {
    if (!chart) return undefined;
    const made = curves.map((curve) => {
      const line = chart.addSeries(LineSeries, {
        lineWidth: 2,
        priceLineVisible: false,
        lastValueVisible: true,
      });
      line.setData(seriesOf(curve));
      return { curve, line };
    });
    setLines(made);
    // The box may get its width only after this.
    const fit = (): void => chart.timeScale().fitContent();
    chart.timeScale().subscribeSizeChange(fit);
    fit();
    return () => {
      setLines([]);
      // The chart itself may have gone first, and its lines with it.
      if (!box.current?.querySelector("table")) return;
      chart.timeScale().unsubscribeSizeChange(fit);
      for (const { line } of made) chart.removeSeries(line);
    };
    // The curves are made anew at each drawing; their names and lengths tell whether they changed.
  }, [chart, said]);
  useEffect(() => {
    for (const { curve, line } of lines) line.applyOptions({ color: colour(curve.colour) });
  }, [lines, dark]);
  return <div ref={box} className="chart" role="img" aria-label={label} />;
}
