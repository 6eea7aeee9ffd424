/** The proof that the profit is what the fills say: every fill added up anew, beside the books. */
import type { FillsFold, FoldRow, PnlView } from "../../api/shapes";
import { Money, Num } from "../../components/figures";
import { Empty, ErrorNote, Panel, StatusPill } from "../../components/parts";
import { InstanceLink } from "../../components/rows";
import { type Column, Table } from "../../components/Table";
import { useAsk } from "../../lib/asking";

const COLUMNS: Column<FoldRow>[] = [
  {
    key: "instance",
    head: "Instance",
    wide: true,
    card: "title",
    sort: (row) => row.instance,
    cell: (row) => (row.instance ? <InstanceLink id={row.instance} /> : "by hand"),
  },
  { key: "account", head: "Account", sort: (row) => row.account, cell: (row) => row.account },
  {
    key: "fills",
    head: "Fills",
    right: true,
    sort: (row) => row.fills,
    cell: (row) => <Num value={row.fills} />,
  },
  {
    key: "traded",
    head: "Sales less purchases",
    right: true,
    sort: (row) => row.traded,
    cell: (row) => <Money value={row.traded} gain />,
  },
  {
    key: "paid",
    head: "Paid out",
    right: true,
    sort: (row) => row.paid_out,
    cell: (row) => <Money value={row.paid_out} gain />,
  },
  {
    key: "held",
    head: "Still held, at cost",
    right: true,
    sort: (row) => row.held_cost,
    cell: (row) => <Money value={row.held_cost} />,
  },
  {
    key: "realised",
    head: "Realised",
    right: true,
    sort: (row) => row.realised,
    cell: (row) => <Money value={row.realised} gain />,
  },
  {
    key: "fees",
    head: "Fees",
    right: true,
    sort: (row) => row.fees,
    cell: (row) => <Money value={row.fees} />,
  },
  {
    key: "after",
    head: "After fees",
    right: true,
    card: "worth",
    sort: (row) => Number(row.realised) - Number(row.fees),
    cell: (row) => (
      <Money value={Number(row.realised) - Number(row.fees)} currency={row.currency} gain />
    ),
  },
];

export function Proof() {
  const { data, error, loading, again } = useAsk<PnlView>("/pnl");
  const fold = data?.fills_fold;
  return (
    <Panel
      title="Proof from the fills"
      flush
      actions={
        <button type="button" className="button little" disabled={loading} onClick={again}>
          {loading ? "Adding up …" : "Prove again"}
        </button>
      }
    >
      <ErrorNote error={error} again={again} />
      {fold && <Verdict fold={fold} />}
      {fold && (
        <Table
          rows={fold.rows}
          columns={COLUMNS}
          rowKey={(row) => `${row.instance} ${row.account} ${row.currency}`}
          sortBy="instance"
          label="Fills added up"
          empty={<Empty title="There is no fill to add up yet." />}
        />
      )}
      {!fold && !error && <Empty title="Adding up every fill …" />}
    </Panel>
  );
}

function Verdict({ fold }: { fold: FillsFold }) {
  const agrees = fold.differences.length === 0;
  return (
    <div className="verdict">
      <p>
        <StatusPill state={agrees ? "agrees" : "differs"} tone={agrees ? "ok" : "danger"} />{" "}
        {agrees
          ? `All ${fold.fills.toLocaleString("en-US")} fills were added up anew, apart from the books, and give the same result to the last digit.`
          : "The fills were added up anew and do not give what the books say; reconcile the account and look at its events:"}
      </p>
      {!fold.whole && (
        <p className="quiet small">
          The record at hand begins later than the first fill, so what was held before is taken from
          the books.
        </p>
      )}
      {fold.differences.map((each) => (
        <p key={each} className="danger">
          {each}
        </p>
      ))}
      <p className="quiet small">
        What sales brought, less what purchases cost, with what settled markets paid out and what is
        still held at its cost, is the realised result; less the fees, it is what was made.
      </p>
    </div>
  );
}
