import { type ComponentType, lazy } from "react";

type Loads = () => Promise<{ default: ComponentType }>;

const row = (path: string, loads: Loads) => ({ path, Page: lazy(loads) });

/** Which page stands at which address; each is loaded when it is first shown. */
export const ROUTES = [
  row("/", () => import("./cockpit/Cockpit")),

  row("/instances", () => import("./instances/Instances")),
  row("/instances/new", () => import("./instances/Deploy")),
  row("/instances/:id", () => import("./instance/Instance")),

  row("/markets", () => import("./markets/Markets")),
  row("/markets/:id", () => import("./markets/Market")),
  row("/orders", () => import("./orders/Orders")),
  row("/orders/:id", () => import("./orders/Order")),
  row("/positions", () => import("./positions/Positions")),
  row("/accounts", () => import("./accounts/Accounts")),
  row("/risk", () => import("./risk/Risk")),
  row("/backtests", () => import("./backtests/Backtests")),
  row("/logs", () => import("./logs/Logs")),
  row("/settings", () => import("./settings/Settings")),
];
