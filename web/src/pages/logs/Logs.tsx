/** What happened, what was asked, and by whom: live at the top, as far back as one looks. */
import { PageHead, Tabs } from "../../components/parts";
import { useFilters } from "../../lib/filters";
import { useShortcuts } from "../../lib/shortcuts";
import { Asked } from "./Asked";
import { Events } from "./Events";
import { NAMES } from "./tail";

const TABS = [
  ["events", "Events"],
  ["commands", "Commands"],
  ["audit", "Audit"],
] as const;

export default function Logs() {
  const filters = useFilters(NAMES);
  const tab = TABS.find(([name]) => name === filters.values.tab)?.[0] ?? "events";
  useShortcuts([
    {
      keys: "/",
      says: "Find in the log",
      group: "Logs",
      run: () => document.querySelector<HTMLInputElement>("[data-find]")?.focus(),
    },
  ]);
  return (
    <div className="page">
      <PageHead title="Logs" />
      <section className="panel">
        <Tabs
          label="Which log"
          tabs={TABS}
          chosen={tab}
          choose={(name) => filters.set("tab", name === "events" ? "" : name)}
        />
        {tab === "events" ? (
          <Events filters={filters} />
        ) : (
          <Asked key={tab} filters={filters} audit={tab === "audit"} />
        )}
      </section>
    </div>
  );
}
