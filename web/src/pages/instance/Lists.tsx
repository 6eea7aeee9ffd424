import { Empty } from "../../components/parts";
import {
  EVENT_COLUMNS,
  FILL_COLUMNS,
  ORDER_COLUMNS,
  POSITION_COLUMNS,
} from "../../components/rows";
import { Table } from "../../components/Table";
import { isLive, positionKey } from "../../live/state";
import { useLiveList } from "../../live/store";

const HEIGHT = 420;
const MOST = 200;
const without = <Row,>(columns: readonly { key: string }[]) =>
  columns.filter((each) => each.key !== "instance") as Row;

const ORDERS = without<typeof ORDER_COLUMNS>(ORDER_COLUMNS);
const FILLS = without<typeof FILL_COLUMNS>(FILL_COLUMNS);
const POSITIONS = without<typeof POSITION_COLUMNS>(POSITION_COLUMNS);
const EVENTS = without<typeof EVENT_COLUMNS>(EVENT_COLUMNS);

const orderTo = (id: string): string => `/orders/${encodeURIComponent(id)}`;

export function InstanceOrders({ instance }: { instance: string }) {
  const rows = useLiveList((live) => {
    const mine = [...live.orders.values()].filter((row) => row.instance === instance).reverse();
    // What may still fill stands above what is over.
    return [...mine.filter(isLive), ...mine.filter((row) => !isLive(row))].slice(0, MOST);
  });
  return (
    <Table
      rows={rows}
      columns={ORDERS}
      rowKey={(row) => row.client_order_id}
      to={(row) => orderTo(row.client_order_id)}
      height={HEIGHT}
      label="Orders"
      empty={
        <Empty title="It has placed no order lately.">
          Its orders show here as it places them; older ones are under Orders and fills.
        </Empty>
      }
    />
  );
}

export function InstanceFills({ instance }: { instance: string }) {
  const rows = useLiveList((live) =>
    [...live.fills.values()]
      .filter((row) => row.instance === instance)
      .reverse()
      .slice(0, MOST),
  );
  return (
    <Table
      rows={rows}
      columns={FILLS}
      rowKey={(row) => `${row.seq} ${row.exec_id}`}
      to={(row) => orderTo(row.client_order_id)}
      height={HEIGHT}
      label="Fills"
      empty={
        <Empty title="Nothing of it has filled lately.">
          Older fills are under Orders and fills.
        </Empty>
      }
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
  const rows = useLiveList((live) =>
    live.events
      .filter((row) => row.instance === instance)
      .reverse()
      .slice(0, MOST),
  );
  return (
    <Table
      rows={rows}
      columns={EVENTS}
      rowKey={(row) => `${row.seq} ${row.kind} ${row.text}`}
      height={HEIGHT}
      label="Events"
      empty={<Empty title="Nothing has happened lately.">Older events are under Logs.</Empty>}
    />
  );
}
