/** The story of an order: why it was made, and what happened to it. */
import { useMemo } from "react";
import { Link } from "react-router";

import type { Cause, LifeStep, OrderLife, OrderView } from "../../api/shapes";
import { Time } from "../../components/figures";
import { Empty } from "../../components/parts";
import { InstanceLink } from "../../components/rows";
import { span, timeOf, words } from "../../lib/format";

/** From the signal to the order, each link with what else was decided on it. */
export function Why({ life, order }: { life: OrderLife | null; order: OrderView }) {
  if (!life) return <Empty title="Asking the desk …" />;
  const chain = [...life.chain].reverse();
  return (
    <>
      <ol className="life" aria-label="From the signal to this order">
        {chain.map((cause) => (
          <CauseRow key={cause.seq} cause={cause} />
        ))}
        <li data-last>
          <strong>
            {order.side} {order.order_qty} {words(order.reason)}
          </strong>
          <span className="quiet small">
            decided by {order.instance ? <InstanceLink id={order.instance} /> : "a person"}
            {life.strategy && `, ${life.strategy}`}
          </span>
        </li>
      </ol>
      {!chain.length && (
        <p className="quiet small">
          Nothing before it is on record: it was placed by hand, or its record is older than what
          the desk keeps at hand.
        </p>
      )}
      {!life.whole && chain.length > 0 && (
        <p className="quiet small">
          The record at hand begins here; earlier causes are in the journal.
        </p>
      )}
    </>
  );
}

function CauseRow({ cause }: { cause: Cause }) {
  return (
    <li>
      <strong>{readable(cause.text)}</strong>
      <span className="quiet small">
        <Time ns={cause.ts} /> · step {cause.seq} · {cause.kind}
        {cause.client_order_id && (
          <>
            {" · "}
            <Link className="link" to={`/orders/${encodeURIComponent(cause.client_order_id)}`}>
              its order
            </Link>
          </>
        )}
      </span>
      {cause.also.map((each) => (
        <span key={each} className="small also">
          {each}
        </span>
      ))}
    </li>
  );
}

// The desk writes moments as nanoseconds into its sentences.
const MOMENT = /\b1\d{18}\b/g;
const readable = (text: string): string => text.replace(MOMENT, (ns) => timeOf(Number(ns)));

interface Step extends LifeStep {
  /** How often the same was said again, and when last. */
  again: number;
  last: number;
}

// Each reading of an account tells what is known of its orders; only the first of each is news.
function folded(steps: readonly LifeStep[]): Step[] {
  const found: Step[] = [];
  for (const step of steps) {
    const before = found.at(-1);
    if (before?.kind === step.kind && timeless(before.text) === timeless(step.text)) {
      before.again += 1;
      before.last = step.ts;
    } else found.push({ ...step, again: 0, last: step.ts });
  }
  return found;
}

const timeless = (text: string): string => text.replace(MOMENT, "");

/** What happened to it, the same told again folded into one. */
export function Steps({ steps, from }: { steps: readonly LifeStep[]; from: number }) {
  const rows = useMemo(() => folded(steps), [steps]);
  if (!rows.length) return <Empty title="Asking the desk …" />;
  return (
    <ol className="life" aria-label="What happened to it">
      {rows.map((step, at) => (
        <li key={`${step.seq} ${at}`} data-last={at === rows.length - 1 || undefined}>
          <strong>{readable(step.text)}</strong>
          <span className="quiet small">
            <Time ns={step.ts} /> · {step.ts > from ? `+${span(step.ts - from)}` : "at once"} · step{" "}
            {step.seq} · {step.kind}
            {step.again > 0 && (
              <>
                {" · "}the same {step.again === 1 ? "once" : `${step.again} times`} more, last{" "}
                <Time ns={step.last} />
              </>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
