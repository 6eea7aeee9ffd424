/** A new instance: which strategy, with what, where; the form is the strategy's own schema. */
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";

import { write } from "../../api/client";
import type { AccountView, MarketView, Page, StrategyView } from "../../api/shapes";
import { Field, type Typed, typedOf, valueOf, wrongOf } from "../../components/Field";
import { Empty, ErrorNote, PageHead, Panel } from "../../components/parts";
import { PreviewDialog } from "../../components/PreviewDialog";
import { useAsk } from "../../lib/asking";
import { titled } from "../../lib/format";
import { Choose } from "./Choose";

export default function Deploy() {
  const { data, error, loading, again } = useAsk<Page<StrategyView>>("/strategies");
  const [name, setName] = useState("");
  const strategies = data?.rows.filter((each) => !each.error) ?? [];
  const strategy = strategies.find((each) => each.name === name);
  return (
    <div className="page">
      <PageHead title="Deploy" />
      <ErrorNote error={error} again={again} />
      <Panel title="Strategy">
        {loading && !strategies.length && <Empty title="Reading the catalogue …" />}
        <div className="choices" role="radiogroup" aria-label="Strategy">
          {strategies.map((each) => (
            <label key={each.name} className="choice" data-chosen={each.name === name || undefined}>
              <input
                type="radio"
                name="strategy"
                checked={each.name === name}
                onChange={() => setName(each.name)}
              />
              <strong>{each.title || titled(each.name)}</strong>
              <span className="quiet small">{firstOf(each.doc)}</span>
            </label>
          ))}
        </div>
      </Panel>
      {strategy && <Form key={strategy.name} strategy={strategy} />}
    </div>
  );
}

// The first paragraph says what it does; the rest is for its page in the manual.
const firstOf = (doc: string): string => (doc.split(/\n\s*\n/)[0] ?? "").replaceAll("\n", " ");

function Form({ strategy }: { strategy: StrategyView }) {
  const navigate = useNavigate();
  const accounts = useAsk<Page<AccountView>>("/accounts");
  const markets = useAsk<Page<MarketView>>("/markets", { limit: 500 });
  const [id, setId] = useState("");
  const [chosenAccounts, setAccounts] = useState<string[]>([]);
  const [instruments, setInstruments] = useState<string[]>([]);
  const [typed, setTyped] = useState<Record<string, Typed>>({});
  const [start, setStart] = useState(true);
  const [asking, setAsking] = useState(false);
  // With accounts chosen, only what can be traded on them.
  const venues = new Set(
    accounts.data?.rows
      .filter((each) => chosenAccounts.includes(each.account))
      .map((each) => each.venue),
  );
  const offered = (markets.data?.rows ?? []).filter(
    (each) => !venues.size || venues.has(each.venue),
  );
  const wrong = useMemo(
    () => faults(strategy, typed, id, chosenAccounts, instruments),
    [strategy, typed, id, chosenAccounts, instruments],
  );
  const required = strategy.parameters.filter((each) => each.required);
  const rest = strategy.parameters.filter((each) => !each.required);
  const field = (each: (typeof rest)[number]) => (
    <Field
      key={each.name}
      schema={each}
      value={typed[each.name] ?? (each.type === "bool" ? typedOf(each, each.default) : "")}
      change={(value) => setTyped({ ...typed, [each.name]: value })}
    />
  );
  return (
    <form
      className="stack"
      style={{ gap: 16 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong.length) setAsking(true);
      }}
    >
      <Panel title="Where">
        <div className="form-grid">
          <label className="field">
            <span className="label">Instance id</span>
            <input
              className="input"
              value={id}
              onChange={(event) => setId(event.target.value.trim())}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              placeholder={`${strategy.name.replaceAll("_", "-")}-1`}
            />
            <span className="help">Its name in orders, logs and chats; never used twice.</span>
          </label>
          <Choose
            label="Accounts"
            help="The first is the default."
            options={(accounts.data?.rows ?? []).map((each) => [
              each.account,
              `${each.venue.toLowerCase()}, ${each.mode}`,
            ])}
            chosen={chosenAccounts}
            choose={setAccounts}
          />
          <Choose
            label="Instruments"
            help="Traded on the first account of their venue."
            options={offered.map((each) => [each.instrument, each.venue.toLowerCase()])}
            chosen={instruments}
            choose={setInstruments}
          />
        </div>
        <ErrorNote error={accounts.error ?? markets.error} />
      </Panel>
      {required.length > 0 && (
        <Panel title="Parameters it needs">
          <div className="form-grid">{required.map(field)}</div>
        </Panel>
      )}
      {rest.length > 0 && (
        <Panel
          title="Parameters with a usual value"
          actions={<span>leave empty for the usual</span>}
        >
          <div className="form-grid">{rest.map(field)}</div>
        </Panel>
      )}
      <div className="line">
        <button type="submit" className="button primary" disabled={wrong.length > 0}>
          See what it would do
        </button>
        <label className="check">
          <input
            type="checkbox"
            checked={start}
            onChange={(event) => setStart(event.target.checked)}
          />
          Start at once
        </label>
        <span className="quiet small">{wrong[0]}</span>
      </div>
      {asking && (
        <PreviewDialog
          title={`Deploy ${id}`}
          verb="Deploy"
          write={write({
            type: "Deploy",
            start,
            spec: {
              id,
              strategy: strategy.name,
              accounts: chosenAccounts,
              instruments,
              parameters: valuesOf(strategy, typed),
            },
          })}
          close={() => setAsking(false)}
          done={(receipt) =>
            receipt.confirmation !== "refused" &&
            void navigate(`/instances/${encodeURIComponent(id)}`)
          }
        />
      )}
    </form>
  );
}

function valuesOf(strategy: StrategyView, typed: Record<string, Typed>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const each of strategy.parameters) {
    const told = typed[each.name];
    if (told === undefined) continue;
    const value = valueOf(each, told);
    if (value !== undefined) values[each.name] = value;
  }
  return values;
}

function faults(
  strategy: StrategyView,
  typed: Record<string, Typed>,
  id: string,
  accounts: string[],
  instruments: string[],
): string[] {
  const found: string[] = [];
  if (!id) found.push("Give the instance an id.");
  if (!accounts.length) found.push("Choose an account.");
  if (!instruments.length) found.push("Choose an instrument.");
  for (const each of strategy.parameters) {
    const fault = wrongOf(each, typed[each.name] ?? (each.type === "bool" ? false : ""));
    if (fault) found.push(`${titled(each.name)} ${fault}.`);
  }
  return found;
}
