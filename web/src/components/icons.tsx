/** Small pictures for places to go; each a few strokes in the colour of the text beside it. */
const PATHS = {
  cockpit: "M3 14a7 7 0 1 1 14 0M10 14l3.5-5",
  instances: "M4 5h12v4H4zM4 12h12v4H4z",
  markets: "M6 3v3m0 7v4M4 6h4v7H4zM14 4v4m0 5v3m-2-8h4v5h-4z",
  orders: "M4 5h12M4 10h12M4 15h7",
  positions: "M10 3v14M4 7h6m0 6h6M4 7v3h6m6 3v-3h-6",
  accounts: "M3 7l7-4 7 4v1H3zM5 8v7m5-7v7m5-7v7M3 16h14",
  risk: "M10 3l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V5z",
  backtests: "M3 16l5-6 3 3 6-8M3 4v12h14",
  logs: "M4 4h12v12H4zM7 8h6M7 11h6M7 14h3",
  settings: "M4 6h7m4 0h1M4 14h1m4 0h7M13 4v4M7 12v4",
  more: "M4 6h12M4 10h12M4 14h12",
  sun: "M10 6a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.5 4.5l1 1M14.5 14.5l1 1M15.5 4.5l-1 1M5.5 14.5l-1 1",
  moon: "M15 12.5A6 6 0 0 1 8 5a6 6 0 1 0 7 7.5z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: "none" }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
