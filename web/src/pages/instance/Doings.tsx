import type { InstanceView } from "../../api/shapes";
import { Audit } from "./Audit";
import { InstanceEvents, InstanceFills, InstanceOrders, InstancePositions } from "./Lists";
import { Parameters } from "./Parameters";

export const DOINGS = [
  ["orders", "Orders"],
  ["fills", "Fills"],
  ["positions", "Positions"],
  ["parameters", "Parameters"],
  ["events", "Events"],
  ["audit", "Audit"],
] as const;

export type Doing = (typeof DOINGS)[number][0];

export function Doings({ row, doing }: { row: InstanceView; doing: Doing }) {
  const shown = {
    orders: <InstanceOrders instance={row.instance} />,
    fills: <InstanceFills instance={row.instance} />,
    positions: <InstancePositions instance={row.instance} />,
    parameters: <Parameters row={row} />,
    events: <InstanceEvents instance={row.instance} />,
    audit: <Audit instance={row.instance} />,
  };
  return <div style={{ minHeight: 320 }}>{shown[doing]}</div>;
}
