import { Empty } from "../../components/parts";
import {
  EVENT_COLUMNS,
  FILL_COLUMNS,
  ORDER_COLUMNS,
  POSITION_COLUMNS,
} from "../../components/rows";
import { Table } from "../../components/Table";
import { positionKey } from "../../live/state";
import { useLiveList } from "../../live/store";
import { eventKey, fillKey, orderKey, useEventsOf, useFillsOf, useOrdersOf } from "./history";

const HEIGHT = 420;
const without = <Row,>(columns: readonly { key: string }[]) =>
  columns.filter((each) => each.key !== "instance") as Row;

const ORDERS = without<typeof ORDER_COLUMNS>(ORDER_COLUMNS);
const FILLS = without<typeof FILL_COLUMNS>(FILL_COLUMNS);
const POSITIONS = without<typeof POSITION_COLUMNS>(POSITION_COLUMNS);
const EVENTS = without<typeof EVENT_COLUMNS>(EVENT_COLUMNS);

const orderTo = (id: string): string => `/orders/${encodeURIComponent(id)}`;

export function InstanceOrders({ instance }: { instance: string }) {
  const { rows, more } = useOrdersOf(instance);
  return (
    <Table
      rows={rows}
      columns={ORDERS}
      rowKey={orderKey}
      more={more}
      to={(row) => orderTo(row.client_order_id)}
      height={HEIGHT}
      label="Orders"
      empty={
        <Empty title="It has placed no order yet.">Its orders show here as it places them.</Empty>
      }
    />
  );
}

export function InstanceFills({ instance }: { instance: string }) {
  const { rows, more } = useFillsOf(instance);
  return (
    <Table
      rows={rows}
      columns={FILLS}
      rowKey={fillKey}
      more={more}
      to={(row) => orderTo(row.client_order_id)}
      height={HEIGHT}
      label="Fills"
      empty={<Empty title="Nothing of it has filled yet." />}
    />
  );
}

export function InstancePositions({ instance }: { instance: string }) {
  const rows = useLiveList((live) =>
    [...live.positions.values()].filter((row) => row.instance === instance),
  );
  return (
    <Table
      rows={rows}
      columns={POSITIONS}
      rowKey={positionKey}
      height={HEIGHT}
      label="Positions"
      empty={<Empty title="It holds nothing." />}
    />
  );
}

export function InstanceEvents({ instance }: { instance: string }) {
  const { rows, more } = useEventsOf(instance);
  return (
    <Table
      rows={rows}
      columns={EVENTS}
      rowKey={eventKey}
      more={more}
      height={HEIGHT}
      label="Events"
      empty={<Empty title="Nothing has happened yet." />}
    />
  );
}
