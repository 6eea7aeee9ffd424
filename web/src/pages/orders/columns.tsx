/** The blotter's own columns: what rests can be cancelled from its row. */
import { useState } from "react";

import { write } from "../../api/client";
import type { OrderView } from "../../api/shapes";
import { Act } from "../../components/Act";
import { PreviewDialog } from "../../components/PreviewDialog";
import { ORDER_COLUMNS } from "../../components/rows";
import type { Column } from "../../components/Table";
import { instrumentParts } from "../../lib/format";
import { isLive } from "../../live/state";

/** The way to cancel one order, with its preview. */
export function CancelButton({ order, little = false }: { order: OrderView; little?: boolean }) {
  const [asking, setAsking] = useState(false);
  const id = order.client_order_id;
  const off = !isLive(order)
    ? "It is over."
    : order.ord_status === "pending_cancel"
      ? "Its cancel is under way."
      : undefined;
  return (
    <>
      <Act
        needs="trader"
        className={little ? "little" : ""}
        off={off}
        label={`Cancel order ${id}`}
        says="Shows what it would do first"
        onClick={() => setAsking(true)}
      >
        Cancel
      </Act>
      {asking && (
        <PreviewDialog
          title={`Cancel the ${order.side} of ${instrumentParts(order.instrument).symbol}`}
          verb="Cancel it"
          write={write({ type: "CancelOne", client_order_id: id })}
          close={() => setAsking(false)}
        />
      )}
    </>
  );
}

const cancel: Column<OrderView> = {
  key: "cancel",
  head: "",
  card: "acts",
  cell: (row) => isLive(row) && <CancelButton order={row} little />,
};
const account: Column<OrderView> = {
  key: "account",
  head: "Account",
  sort: (row) => row.account,
  cell: (row) => row.account,
};
const at = (key: string): number => ORDER_COLUMNS.findIndex((each) => each.key === key) + 1;

export const BLOTTER_COLUMNS: Column<OrderView>[] = [
  ...ORDER_COLUMNS.slice(0, at("reason")),
  account,
  ...ORDER_COLUMNS.slice(at("reason")),
  cancel,
];
