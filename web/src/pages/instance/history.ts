/** What one instance did: the socket's newest and, page by page, the history before it. */
import { useMemo } from "react";

import type { CommandView, FillView, NewsView, OrderView } from "../../api/shapes";
import { type Pages, usePages } from "../../lib/asking";
import { useMerged } from "../../lib/merging";
import { isLive, type Live } from "../../live/state";
import { useLiveList } from "../../live/store";

const PAGE = 200;

interface History<Row> {
  rows: readonly Row[];
  more: (() => void) | null;
  error: Pages<Row>["error"];
}

interface Kind<Row> {
  path: string;
  /** Rows of the whole desk come, for the API cannot narrow this list. */
  unnarrowed?: boolean;
  newest: (live: Live) => Iterable<Row>;
  keyOf: (row: Row) => string;
  atOf: (row: Row) => number;
  mine: (row: Row, instance: string) => boolean;
}

function useHistory<Row>(kind: Kind<Row>, instance: string): History<Row> {
  const live = useLiveList((now) =>
    [...kind.newest(now)].filter((row) => kind.mine(row, instance)),
  );
  const pages = usePages<Row>(kind.path, {
    limit: PAGE,
    instance: kind.unnarrowed ? undefined : instance,
  });
  const earlier = useMemo(
    () => pages.rows.filter((row) => kind.mine(row, instance)),
    [pages.rows, kind, instance],
  );
  const rows = useMerged(live, earlier, kind.keyOf, kind.atOf);
  return { rows, more: pages.more, error: pages.error };
}

const byInstance = (row: { instance: string }, instance: string): boolean =>
  row.instance === instance;

const ORDERS: Kind<OrderView> = {
  path: "/orders",
  newest: (live) => live.orders.values(),
  keyOf: (row) => row.client_order_id,
  // What may still fill stands above what is over.
  atOf: (row) => row.created_ns + (isLive(row) ? 1e18 : 0),
  mine: byInstance,
};

const FILLS: Kind<FillView> = {
  path: "/fills",
  newest: (live) => live.fills.values(),
  keyOf: (row) => `${row.seq} ${row.exec_id}`,
  atOf: (row) => row.seq,
  mine: byInstance,
};

const EVENTS: Kind<NewsView> = {
  path: "/events",
  newest: (live) => live.events,
  keyOf: (row) => `${row.seq} ${row.kind} ${row.text}`,
  atOf: (row) => row.seq,
  mine: byInstance,
};

/** Tell whether a command was about this instance: its body names it. */
function isAbout(command: CommandView, instance: string): boolean {
  return (
    command.body.includes(`"${instance}"`) ||
    command.body.includes(`'${instance}'`) ||
    command.body.split(/[\s,;=:]+/).includes(instance)
  );
}

const COMMANDS: Kind<CommandView> = {
  path: "/commands",
  unnarrowed: true,
  newest: (live) => live.commands.values(),
  keyOf: (row) => row.command_id,
  atOf: (row) => row.received_ns,
  mine: isAbout,
};

export const orderKey = ORDERS.keyOf;
export const fillKey = FILLS.keyOf;
export const eventKey = EVENTS.keyOf;

export const useOrdersOf = (instance: string): History<OrderView> => useHistory(ORDERS, instance);
export const useFillsOf = (instance: string): History<FillView> => useHistory(FILLS, instance);
export const useEventsOf = (instance: string): History<NewsView> => useHistory(EVENTS, instance);
export const useCommandsAbout = (instance: string): History<CommandView> =>
  useHistory(COMMANDS, instance);
