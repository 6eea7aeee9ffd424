/** Every market of every venue: the ones one watches first, the rest by what is typed. */
import type { MarketView } from "../../api/shapes";
import { Find, Pick } from "../../components/Pick";
import { Empty, ErrorNote, PageHead, Panel } from "../../components/parts";
import { Table } from "../../components/Table";
import { usePages } from "../../lib/asking";
import { useFilters } from "../../lib/filters";
import { useKept, WATCH_LIST } from "../../lib/kept";
import { useSettled } from "../../lib/settled";
import { useShortcuts } from "../../lib/shortcuts";
import { useLiveList } from "../../live/store";
import type { Live } from "../../live/state";
import { LISTED_COLUMNS, MARKET_COLUMNS } from "./rows";

const venues = (live: Live): string[] =>
  [...new Set([...live.feeds.values()].map((feed) => feed.venue))].sort();

/** Put the cursor into the first field that looks for rows. */
export function find(): void {
  document.querySelector<HTMLInputElement>("[data-find]")?.focus();
}

export default function Markets() {
  const { values, set } = useFilters(["q", "venue", "heard"] as const);
  const q = useSettled(values.q);
  const known = useLiveList(venues);
  const found = usePages<MarketView>("/markets", {
    q,
    venue: values.venue,
    watched: values.heard === "yes" ? true : null,
    limit: 100,
  });
  const asks = q !== "" || values.venue !== "" || values.heard !== "";
  useShortcuts([{ keys: "/", says: "Find a market", group: "Markets", run: find }]);
  return (
    <div className="page">
      <PageHead title="Markets" />
      <WatchList />
      <Panel
        title={asks ? "Found" : "All markets"}
        flush
        actions={
          <span aria-live="polite">
            {found.loading ? "Asking …" : `${found.rows.length}${found.more ? " and more" : ""}`}
          </span>
        }
      >
        <div className="filters">
          <Find
            label="Find by symbol, event or series"
            value={values.q}
            change={(value) => set("q", value)}
          />
          <Pick
            label="Venue"
            value={values.venue}
            options={known}
            all="All venues"
            choose={(value) => set("venue", value)}
          />
          <label className="check">
            <input
              type="checkbox"
              checked={values.heard === "yes"}
              onChange={(event) => set("heard", event.target.checked ? "yes" : "")}
            />
            Only what instances listen to
          </label>
        </div>
        <ErrorNote error={found.error} />
        <div style={{ minHeight: 320 }}>
          <Table
            rows={found.rows}
            columns={MARKET_COLUMNS}
            rowKey={(row) => row.instrument}
            to={(row) => `/markets/${encodeURIComponent(row.instrument)}`}
            label="Markets"
            more={found.more}
            empty={<Nothing loading={found.loading} asks={asks} />}
          />
        </div>
      </Panel>
    </div>
  );
}

function Nothing({ loading, asks }: { loading: boolean; asks: boolean }) {
  if (loading) return <Empty title="Asking the desk …" />;
  if (asks)
    return (
      <Empty title="No market has all of these words.">Try a shorter word, or another venue.</Empty>
    );
  return (
    <Empty title="This desk knows no market yet.">
      It reads them from each venue as an account of it comes up; see Accounts.
    </Empty>
  );
}

function WatchList() {
  const [listed] = useKept(WATCH_LIST);
  if (!listed.length) {
    return (
      <Panel title="Watch list">
        <p className="quiet">
          Nothing is on it. Press the star beside a market; this browser keeps the list.
        </p>
      </Panel>
    );
  }
  return (
    <Panel title="Watch list" flush actions={<span>kept in this browser</span>}>
      <Table
        rows={listed}
        columns={LISTED_COLUMNS}
        rowKey={(row) => row}
        to={(row) => `/markets/${encodeURIComponent(row)}`}
        label="Watch list"
        empty={null}
      />
    </Panel>
  );
}
