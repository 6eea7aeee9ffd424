/** Rows in columns: sorted by a click, drawn only where seen when they are many, cards on a phone. */
import { type ReactNode, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";

import { usePhone } from "../lib/media";
import type { Tone } from "./parts";

export interface Column<Row> {
  key: string;
  head: string;
  cell: (row: Row) => ReactNode;
  /** What to sort by; a column without it is not sorted. Exact values may stay strings. */
  sort?: (row: Row) => string | number | null;
  right?: boolean;
  /** Takes the room that is left, and is cut off first. */
  wide?: boolean;
  /** Where it stands on a phone's card: its title, its figure or its buttons at the right, or left out. */
  card?: "title" | "worth" | "acts" | "none";
}

interface TableProps<Row> {
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** Where a click on the row leads. */
  to?: (row: Row) => string;
  /** What a click on the row does, where it leads nowhere. */
  open?: (row: Row) => void;
  tone?: (row: Row) => Tone;
  empty: ReactNode;
  label: string;
  /** Sorted by this column at first; a minus before it turns the order round. */
  sortBy?: string;
  /** At most so high, in pixels; it scrolls inside. On a phone: a few cards, more when asked for. */
  height?: number;
  more?: (() => void) | null;
}

const ROW_PX = 30;
const MANY = 300;
const TALL_PX = 640;
const SPARE_ROWS = 12;
const CARDS = 60;
const FEW_CARDS = 12;

export function Table<Row>(props: TableProps<Row>) {
  const phone = usePhone();
  const [order, setOrder] = useState(props.sortBy ?? "");
  const rows = useSorted(props.rows, props.columns, order);
  if (!props.rows.length) return <>{props.empty}</>;
  return phone ? (
    <Cards {...props} rows={rows} />
  ) : (
    <Grid {...props} rows={rows} order={order} setOrder={setOrder} />
  );
}

function useSorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: string,
): readonly Row[] {
  const down = order.startsWith("-");
  const name = order.replace("-", "");
  return useMemo(() => {
    const by = columns.find((column) => column.key === name)?.sort;
    if (!by) return rows;
    const worth = rows.map((row) => [valueOf(by(row)), row] as const);
    worth.sort(([one], [other]) => compare(one, other, down));
    return worth.map(([, row]) => row);
    // Columns are written anew at each drawing; their keys say all that sorting needs.
  }, [rows, name, down]);
}

const NUMBER = /^[-+]?\d+(\.\d+)?(E[-+]?\d+)?$/i;

function valueOf(told: string | number | null): string | number | null {
  return typeof told === "string" && NUMBER.test(told) ? Number(told) : told;
}

function compare(
  one: string | number | null,
  other: string | number | null,
  down: boolean,
): number {
  // What has no value stands last, whichever way the rest goes.
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
  const found =
    typeof one === "number" && typeof other === "number"
      ? one - other
      : String(one).localeCompare(String(other));
  return down ? -found : found;
}

interface GridProps<Row> extends TableProps<Row> {
  order: string;
  setOrder: (order: string) => void;
}

function Grid<Row>({
  rows,
  columns,
  rowKey,
  to,
  open,
  tone,
  label,
  height,
  more,
  order,
  setOrder,
}: GridProps<Row>) {
  const go = useGo(to, open);
  const many = rows.length > MANY;
  const tall = height ?? (many ? TALL_PX : undefined);
  const [top, setTop] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const first = many ? Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS) : 0;
  const last = many
    ? Math.min(rows.length, first + Math.ceil((tall ?? TALL_PX) / ROW_PX) + 2 * SPARE_ROWS)
    : rows.length;
  const space = (count: number) =>
    count > 0 && (
      <tr className="space" aria-hidden="true">
        <td colSpan={columns.length} style={{ height: count * ROW_PX }} />
      </tr>
    );
  return (
    <div
      className="rows-box"
      ref={box}
      style={tall ? { maxHeight: tall } : {}}
      onScroll={(event) => many && setTop(event.currentTarget.scrollTop)}
    >
      <table className="rows" aria-label={label} aria-rowcount={rows.length}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} order={order} setOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody className="live">
          {space(first)}
          {rows.slice(first, last).map((row) => (
            <tr
              key={rowKey(row)}
              data-tone={tone?.(row) || undefined}
              data-to={go ? true : undefined}
              {...(go ? pressed(() => go(row)) : {})}
            >
              {columns.map((column) => (
                <td key={column.key} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {space(rows.length - last)}
        </tbody>
      </table>
      <More more={more} />
    </div>
  );
}

function useGo<Row>(
  to: TableProps<Row>["to"],
  open: TableProps<Row>["open"],
): ((row: Row) => void) | undefined {
  const navigate = useNavigate();
  return to ? (row) => void navigate(to(row)) : open;
}

const classOf = <Row,>(column: Column<Row>): string =>
  [column.right && "right", column.wide && "wide", column.card === "acts" && "acts"]
    .filter(Boolean)
    .join(" ");

/** A row that leads somewhere is reached by Tab and taken by Enter. */
const pressed = (go: () => void) => ({
  tabIndex: 0,
  onClick: (event: React.MouseEvent) => follow(event, go),
  onKeyDown: (event: React.KeyboardEvent) => {
    if (event.key === "Enter" && event.target === event.currentTarget) go();
  },
});

// A link or a button inside the row does its own work; marking text is no click.
function follow(event: React.MouseEvent, go: () => void): void {
  const target = event.target as HTMLElement;
  if (target.closest("a, button, input, select, label") || window.getSelection()?.toString())
    return;
  go();
}

function Head<Row>({
  column,
  order,
  setOrder,
}: {
  column: Column<Row>;
  order: string;
  setOrder: (order: string) => void;
}) {
  const down = order === `-${column.key}`;
  const up = order === column.key;
  if (!column.sort) {
    return (
      <th scope="col" className={classOf(column)}>
        {column.head}
      </th>
    );
  }
  return (
    <th
      scope="col"
      className={classOf(column)}
      aria-sort={up ? "ascending" : down ? "descending" : "none"}
    >
      <button type="button" onClick={() => setOrder(down ? column.key : `-${column.key}`)}>
        {column.head}
        <i aria-hidden="true">{up ? " ↑" : down ? " ↓" : ""}</i>
      </button>
    </th>
  );
}

function Cards<Row>({ rows, columns, rowKey, to, open, label, height, more }: TableProps<Row>) {
  const [shown, setShown] = useState(height ? FEW_CARDS : CARDS);
  const go = useGo(to, open);
  const title = columns.find((column) => column.card === "title") ?? columns[0];
  const worth = columns.find((column) => column.card === "worth");
  const acts = columns.find((column) => column.card === "acts");
  const rest = columns.filter(
    (column) => column !== title && column !== worth && column !== acts && column.card !== "none",
  );
  const further = rows.length > shown ? () => setShown(shown + CARDS) : (more ?? null);
  return (
    <div>
      <ul className="cards live" aria-label={label}>
        {rows.slice(0, shown).map((row) => (
          <li key={rowKey(row)} className="card" {...(go ? pressed(() => go(row)) : {})}>
            <div className="card-title">{title?.cell(row)}</div>
            <div className="card-worth">{worth?.cell(row)}</div>
            <div className="card-rest">
              {rest.map((column) => (
                <span key={column.key}>
                  {column.head && <b>{column.head} </b>}
                  {column.cell(row)}
                </span>
              ))}
            </div>
            {acts && <div className="card-acts">{acts.cell(row)}</div>}
          </li>
        ))}
      </ul>
      <More more={further} />
    </div>
  );
}

function More({ more }: { more?: (() => void) | null | undefined }) {
  if (!more) return null;
  return (
    <div className="rows-more">
      <button type="button" className="button little" onClick={more}>
        Show earlier ones
      </button>
    </div>
  );
}
