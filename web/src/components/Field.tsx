/** One field of a form made from a parameter's schema: kind, range, unit and help. */
import { useId } from "react";

import type { ParameterView } from "../api/shapes";
import { number, titled } from "../lib/format";

/** What stands in a field: text as typed, or yes and no. */
export type Typed = string | boolean;

export interface FieldProps {
  schema: ParameterView;
  value: Typed;
  change: (value: Typed) => void;
  disabled?: boolean;
  /** Said by the desk of this very field. */
  wrong?: string;
}

const isNumber = (schema: ParameterView): boolean =>
  ["int", "decimal", "float"].includes(schema.type);
// One that may be left to the strategy is a choice of three, not a box to tick.
const isFlag = (schema: ParameterView): boolean =>
  schema.type === "bool" && typeof schema.default === "boolean";
const choicesOf = (schema: ParameterView): string[] =>
  schema.type === "bool" && !isFlag(schema) ? ["true", "false"] : schema.choices;

/** A value as it stands in a field. */
export function typedOf(schema: ParameterView, value: unknown): Typed {
  if (isFlag(schema)) return value === true;
  if (value === null || value === undefined) return "";
  if (Array.isArray(value) && value.every((each) => typeof each === "string"))
    return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What a field says, as the desk wants it; an empty one is left out. Throws what is wrong with it. */
export function valueOf(schema: ParameterView, typed: Typed): unknown {
  if (typeof typed === "boolean") return typed;
  const text = typed.trim();
  if (!text) return undefined;
  if (isNumber(schema)) return numberOf(schema, text);
  if (schema.type === "bool") return text === "true";
  if (schema.type !== "json") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A list of words may be typed as people write one.
    if (/^(list|tuple|set)\b/.test(schema.takes))
      return text
        .split(",")
        .map((each) => each.trim())
        .filter(Boolean);
    throw new Error("is not JSON");
  }
}

// Exact numbers go to the desk as they were typed; only whole ones as numbers.
function numberOf(schema: ParameterView, text: string): string | number {
  if (!/^[-+]?\d*\.?\d+(e[-+]?\d+)?$/i.test(text)) throw new Error("is not a number");
  const worth = Number(text);
  if (schema.min !== null && worth < Number(schema.min)) throw new Error(`is below ${schema.min}`);
  if (schema.max !== null && worth > Number(schema.max)) throw new Error(`is above ${schema.max}`);
  if (schema.type !== "int") return text;
  if (!Number.isInteger(worth)) throw new Error("is not a whole number");
  return worth;
}

export function wrongOf(schema: ParameterView, typed: Typed): string {
  if (schema.required && typeof typed === "string" && !typed.trim()) return "is needed";
  try {
    valueOf(schema, typed);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function rangeOf({ unit, ...schema }: ParameterView): string {
  const [min, max] = [schema.min, schema.max].map((bound) =>
    bound === null ? null : number(bound),
  );
  const range = min && max ? `${min} to ${max}` : min ? `from ${min}` : max ? `to ${max}` : "";
  return [range, unit].filter(Boolean).join(" ");
}

export function Field({ schema, value, change, disabled = false, wrong = "" }: FieldProps) {
  const id = useId();
  const about = `${id}-about`;
  const fault = wrong || wrongOf(schema, value);
  const common = {
    id,
    disabled,
    "aria-describedby": about,
    "aria-invalid": fault ? true : undefined,
  } as const;
  return (
    <div className="field">
      <label htmlFor={id}>
        {titled(schema.name)}
        <span className="unit" title={rangeOf(schema)}>
          {rangeOf(schema)}
        </span>
      </label>
      {typeof value === "boolean" ? (
        <span className="check">
          <input
            type="checkbox"
            {...common}
            checked={value}
            onChange={(event) => change(event.target.checked)}
          />
          <span className="quiet">{value ? "yes" : "no"}</span>
        </span>
      ) : choicesOf(schema).length > 0 ? (
        <select
          className="input"
          {...common}
          value={value}
          onChange={(event) => change(event.target.value)}
        >
          {!schema.required && <option value="">{placeholder(schema)}</option>}
          {choicesOf(schema).map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      ) : (
        <input
          className="input"
          {...common}
          value={value}
          inputMode={isNumber(schema) ? "decimal" : "text"}
          placeholder={placeholder(schema)}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => change(event.target.value)}
        />
      )}
      <span id={about} className={fault ? "wrong" : "help"}>
        {fault ? `${titled(schema.name)} ${fault}.` : schema.help}
      </span>
    </div>
  );
}

function placeholder(schema: ParameterView): string {
  const usual = typedOf(schema, schema.default);
  if (usual !== "" && typeof usual === "string") return `usually ${usual}`;
  return schema.required ? "" : "not set";
}
