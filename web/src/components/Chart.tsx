/** The charts, loaded when a page first shows one; their room is kept free until then. */
import { type ComponentProps, lazy, Suspense } from "react";

const Curve = lazy(() => import("./chart/CurveChart"));
const Candles = lazy(() => import("./chart/CandleChart"));
const Curves = lazy(() => import("./chart/CurvesChart"));

const waiting = <div className="chart" aria-busy="true" />;

export function CurveChart(props: ComponentProps<typeof Curve>) {
  return (
    <Suspense fallback={waiting}>
      <Curve {...props} />
    </Suspense>
  );
}

export function CandleChart(props: ComponentProps<typeof Candles>) {
  return (
    <Suspense fallback={waiting}>
      <Candles {...props} />
    </Suspense>
  );
}

export function CurvesChart(props: ComponentProps<typeof Curves>) {
  return (
    <Suspense fallback={waiting}>
      <Curves {...props} />
    </Suspense>
  );
}
