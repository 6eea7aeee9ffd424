/** A little line of how a result went; it ends in the colour of gain or loss. */
import { memo } from "react";

import type { Point } from "../api/shapes";

const WIDE = 120;
const HIGH = 28;
const MOST = 80;

export const Sparkline = memo(function Sparkline({
  points,
  label,
}: {
  points: readonly Point[];
  label: string;
}) {
  const seen = thinned(points);
  if (seen.length < 2)
    return (
      <svg
        className="spark"
        viewBox={`0 0 ${WIDE} ${HIGH}`}
        role="img"
        aria-label={`${label}: nothing yet`}
      />
    );
  const worths = seen.map(([, net]) => Number(net));
  const low = Math.min(0, ...worths);
  const high = Math.max(0, ...worths);
  const y = (worth: number): number => HIGH - 2 - ((worth - low) / (high - low || 1)) * (HIGH - 4);
  const line = worths
    .map((worth, at) => `${((at / (worths.length - 1)) * WIDE).toFixed(1)},${y(worth).toFixed(1)}`)
    .join(" ");
  const last = worths.at(-1) ?? 0;
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${WIDE} ${HIGH}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <line
        x1="0"
        x2={WIDE}
        y1={y(0)}
        y2={y(0)}
        stroke="var(--line-strong)"
        strokeDasharray="2 3"
        vectorEffect="non-scaling-stroke"
      />
      <polyline
        points={line}
        fill="none"
        stroke={last < 0 ? "var(--down)" : "var(--up)"}
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
});

function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST) return points;
  const step = (points.length - 1) / (MOST - 1);
  return Array.from({ length: MOST }, (_, at) => points[Math.round(at * step)] as Point);
}
