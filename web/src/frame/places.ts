import type { IconName } from "../components/icons";

/** Where one can go: the address, the word, its picture, and the key after `g`. */
export const PLACES: readonly { to: string; name: string; icon: IconName; key: string }[] = [
  { to: "/", name: "Cockpit", icon: "cockpit", key: "c" },
  { to: "/instances", name: "Instances", icon: "instances", key: "i" },
  { to: "/markets", name: "Markets", icon: "markets", key: "m" },
  { to: "/orders", name: "Orders and fills", icon: "orders", key: "o" },
  { to: "/positions", name: "Positions and P&L", icon: "positions", key: "p" },
  { to: "/accounts", name: "Accounts", icon: "accounts", key: "a" },
  { to: "/risk", name: "Risk", icon: "risk", key: "r" },
  { to: "/backtests", name: "Backtests", icon: "backtests", key: "b" },
  { to: "/logs", name: "Logs", icon: "logs", key: "l" },
  { to: "/settings", name: "Settings", icon: "settings", key: "s" },
];

/** On a phone: these at the bottom, the rest under More. */
export const TABS = ["/", "/instances", "/markets", "/orders"];
