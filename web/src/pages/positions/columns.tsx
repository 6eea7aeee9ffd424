/** Columns of what is held, and the ways out of it. */
import { useState } from "react";
import { Link } from "react-router";

import { write } from "../../api/client";
import type { PositionView } from "../../api/shapes";
import { Act } from "../../components/Act";
import { Money } from "../../components/figures";
import { PreviewDialog } from "../../components/PreviewDialog";
import { POSITION_COLUMNS } from "../../components/rows";
import type { Column } from "../../components/Table";
import { useLive } from "../../live/store";

const exits: Column<PositionView> = {
  key: "exits",
  head: "",
  card: "acts",
  cell: (row) => Number(row.qty) !== 0 && <Exits row={row} />,
};
const fees: Column<PositionView> = {
  key: "fees",
  head: "Fees",
  right: true,
  card: "none",
  sort: (row) => row.fees,
  cell: (row) => <Money value={row.fees} />,
};

const net = POSITION_COLUMNS.findIndex((each) => each.key === "net");

export const HELD_COLUMNS: Column<PositionView>[] = [
  ...POSITION_COLUMNS.slice(0, net),
  fees,
  ...POSITION_COLUMNS.slice(net),
  exits,
];

function Exits({ row }: { row: PositionView }) {
  const [asking, setAsking] = useState(false);
  const instance = useLive((live) => live.instances.get(row.instance));
  return (
    <>
      {instance ? (
        <Act
          needs="trader"
          className="little"
          label={`Flatten ${row.instance}`}
          says={`Closes all that ${row.instance} holds; shows what that does first`}
          onClick={() => setAsking(true)}
        >
          Flatten
        </Act>
      ) : (
        <Link
          className="button little"
          to={byHand(row)}
          title="A ticket that closes it, to look at and send"
        >
          Close
        </Link>
      )}
      {asking && <FlattenDialog instance={row.instance} close={() => setAsking(false)} />}
    </>
  );
}

function byHand(row: PositionView): string {
  const long = Number(row.qty) > 0;
  const told = new URLSearchParams({
    side: long ? "sell" : "buy",
    qty: row.qty.replace("-", ""),
    account: row.account,
    reduce: "yes",
  });
  return `/markets/${encodeURIComponent(row.instrument)}?${told}`;
}

function FlattenDialog({ instance, close }: { instance: string; close: () => void }) {
  const [slippage, setSlippage] = useState("0.5");
  const command = write({ type: "Flatten", instance, max_slippage_pct: slippage || "0.5" });
  return (
    <PreviewDialog
      title={`Flatten ${instance}`}
      verb="Flatten"
      danger
      write={command}
      close={close}
    >
      <label className="field">
        <span className="label">
          Slippage at most <span className="unit">percent of the price</span>
        </span>
        <input
          className="input"
          inputMode="decimal"
          value={slippage}
          onChange={(event) => setSlippage(event.target.value.trim())}
        />
      </label>
    </PreviewDialog>
  );
}
