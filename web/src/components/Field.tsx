/** One field of a form made from a parameter's schema: kind, range, unit and help. */
import { useId } from "react";

import type { ParameterSchema } from "../api/shapes";
import { titled } from "../lib/format";

/** What stands in a field: text as typed, or yes and no. */
export type Typed = string | boolean;

export interface FieldProps {
  schema: ParameterSchema;
  value: Typed;
  change: (value: Typed) => void;
  disabled?: boolean;
  /** Said by the desk of this very field. */
  wrong?: string;
}

const kindOf = (schema: ParameterSchema): string => schema.type.toLowerCase();
const isNumber = (schema: ParameterSchema): boolean => /^(int|decimal|float|number|integer)/.test(kindOf(schema));
const isFlag = (schema: ParameterSchema): boolean => /^bool/.test(kindOf(schema)) && !/none/.test(kindOf(schema));
const isList = (schema: ParameterSchema): boolean => /^(list|tuple|array)/.test(kindOf(schema));
const isObject = (schema: ParameterSchema): boolean => /^(dict|object|map|fairvalue)/.test(kindOf(schema));

/** A value as it stands in a field. */
export function typedOf(schema: ParameterSchema, value: unknown): Typed {
  if (isFlag(schema)) return value === true;
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What a field says, as the desk wants it; an empty one is left out. Throws what is wrong with it. */
export function valueOf(schema: ParameterSchema, typed: Typed): unknown {
  if (typeof typed === "boolean") return typed;
  const text = typed.trim();
  if (!text) return undefined;
  if (isNumber(schema)) return numberOf(schema, text);
  if (isList(schema)) return text.split(",").map((each) => each.trim()).filter(Boolean);
  if (isObject(schema) || /^[[{]/.test(text)) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new Error("is not JSON");
    }
  }
  if (/^bool/.test(kindOf(schema))) return text === "true";
  return text;
}

// Exact numbers go to the desk as they were typed; only whole ones as numbers.
function numberOf(schema: ParameterSchema, text: string): string | number {
  if (!/^[-+]?\d*\.?\d+(e[-+]?\d+)?$/i.test(text)) throw new Error("is not a number");
  const worth = Number(text);
  if (schema.min !== null && worth < Number(schema.min)) throw new Error(`is below ${schema.min}`);
  if (schema.max !== null && worth > Number(schema.max)) throw new Error(`is above ${schema.max}`);
  if (!kindOf(schema).startsWith("int")) return text;
  if (!Number.isInteger(worth)) throw new Error("is not a whole number");
  return worth;
}

export function wrongOf(schema: ParameterSchema, typed: Typed): string {
  if (schema.required && typeof typed === "string" && !typed.trim()) return "is needed";
  try {
    valueOf(schema, typed);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function rangeOf({ min, max, unit }: ParameterSchema): string {
  const range = min !== null && max !== null ? `${min} to ${max}` : min !== null ? `from ${min}` : max !== null ? `to ${max}` : "";
  return [range, unit].filter(Boolean).join(" ");
}

export function Field({ schema, value, change, disabled = false, wrong = "" }: FieldProps) {
  const id = useId();
  const about = `${id}-about`;
  const fault = wrong || wrongOf(schema, value);
  const common = { id, disabled, "aria-describedby": about, "aria-invalid": fault ? true : undefined } as const;
  return (
    <div className="field">
      <label htmlFor={id}>
        {titled(schema.name)}
        <span className="unit">{rangeOf(schema)}</span>
      </label>
      {typeof value === "boolean" ? (
        <span className="check">
          <input type="checkbox" {...common} checked={value} onChange={(event) => change(event.target.checked)} />
          <span className="quiet">{value ? "yes" : "no"}</span>
        </span>
      ) : schema.choices.length > 0 ? (
        <select className="input" {...common} value={value} onChange={(event) => change(event.target.value)}>
          {!schema.required && <option value="">the usual</option>}
          {schema.choices.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      ) : (
        <input className="input" {...common} value={value} inputMode={isNumber(schema) ? "decimal" : "text"} placeholder={placeholder(schema)} autoComplete="off" spellCheck={false} onChange={(event) => change(event.target.value)} />
      )}
      <span id={about} className={fault ? "wrong" : "help"}>
        {fault ? `${titled(schema.name)} ${fault}.` : schema.help}
      </span>
    </div>
  );
}

function placeholder(schema: ParameterSchema): string {
  const usual = typedOf(schema, schema.default);
  if (usual !== "" && typeof usual === "string") return `usually ${usual}`;
  return schema.required ? "" : "not set";
}
