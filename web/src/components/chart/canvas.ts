/** A chart that fills its box, wears the page's colours and says times on the reader's clock. */
import {
  type ChartOptions,
  createChart,
  type DeepPartial,
  type IChartApi,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { type RefObject, useEffect, useRef, useState } from "react";

import { timeOf } from "../../lib/format";
import { colour, useDark } from "../../lib/theme";

export const secondsOf = (ns: number): UTCTimestamp => Math.floor(ns / 1e9) as UTCTimestamp;

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

function tickOf(time: Time, kind: number): string {
  const ms = Number(time) * 1000;
  // Kinds below 3 are years, months and days.
  if (kind < 3) return day.format(ms);
  return kind === 4 ? timeOf(ms * 1e6) : timeOf(ms * 1e6).slice(0, 5);
}

function coloursNow(): DeepPartial<ChartOptions> {
  const line = colour("line");
  return {
    layout: {
      background: { color: "transparent" },
      textColor: colour("text-2"),
      fontFamily: "Inter, system-ui, sans-serif",
      fontSize: 11,
      attributionLogo: false,
    },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line },
    crosshair: {
      vertLine: { color: colour("line-strong"), labelBackgroundColor: colour("surface-3") },
      horzLine: { color: colour("line-strong"), labelBackgroundColor: colour("surface-3") },
    },
  };
}

/** Make the chart once; `dark` changes when its series must be given their colours anew. */
export function useChart(
  box: RefObject<HTMLDivElement | null>,
  options: DeepPartial<ChartOptions> = {},
): { chart: IChartApi | null; dark: boolean } {
  const [chart, setChart] = useState<IChartApi | null>(null);
  const first = useRef(options);
  const dark = useDark();
  useEffect(() => {
    if (!box.current) return undefined;
    const made = createChart(box.current, {
      autoSize: true,
      localization: {
        timeFormatter: (time: Time) =>
          `${day.format(Number(time) * 1000)} ${timeOf(Number(time) * 1e9)}`,
      },
      timeScale: {
        timeVisible: true,
        secondsVisible: false,
        rightOffset: 4,
        // A long history fits a narrow chart, too.
        minBarSpacing: 0.02,
        tickMarkFormatter: tickOf,
      },
      ...first.current,
    });
    made.applyOptions(coloursNow());
    setChart(made);
    return () => {
      setChart(null);
      made.remove();
    };
  }, [box]);
  useEffect(() => {
    chart?.applyOptions(coloursNow());
  }, [chart, dark]);
  return { chart, dark };
}
