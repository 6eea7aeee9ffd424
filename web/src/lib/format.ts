/** Numbers and times in words. Exact values stay the desk's strings; these are only for eyes. */

export type Exact = string | number | null | undefined;

const MINUS = "−";
const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(least: number, most: number): Intl.NumberFormat {
  const key = `${least} ${most}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat("en-US", {
      minimumFractionDigits: least,
      maximumFractionDigits: most,
    });
    formats.set(key, format);
  }
  return format;
}

export const known = (value: Exact): value is string | number =>
  value !== null && value !== undefined && value !== "";

/** Decimal places of a tick or a lot: "0.0050" has three, "1E+1" none. */
export function placesOf(step: Exact): number | null {
  if (!known(step)) return null;
  const size = Number(step);
  if (!(size > 0)) return null;
  for (let places = 0; places <= 12; places += 1) {
    const scaled = size * 10 ** places;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-9 * Math.max(1, scaled)) return places;
  }
  return 12;
}

/** A number with fixed places, or with at most eight when `places` is not told. */
export function number(value: Exact, places: number | null = null, signed = false): string {
  if (!known(value)) return "–";
  const worth = Number(value);
  if (!Number.isFinite(worth)) return String(value);
  const format = places === null ? numberFormat(0, 8) : numberFormat(places, places);
  const text = format.format(Math.abs(worth));
  const isZero = !/[1-9]/.test(text);
  if (worth < 0 && !isZero) return MINUS + text;
  return signed && !isZero ? `+${text}` : text;
}

export const money = (value: Exact, signed = false): string => number(value, 2, signed);

/** Large counts in few signs: 1,234 then 12.3k then 4.5M. */
export function short(value: Exact): string {
  if (!known(value)) return "–";
  const worth = Number(value);
  const size = Math.abs(worth);
  if (size < 10_000) return number(worth, Number.isInteger(worth) ? 0 : 1);
  if (size < 1e6) return `${number(worth / 1e3, 1)}k`;
  return `${number(worth / 1e6, 1)}M`;
}

export const percent = (part: number, places = 0): string => `${number(part * 100, places)} %`;

/** A span of time in one or two units: "0.4 s", "12 s", "3 m 05 s", "2 h 10 m", "4 d 3 h". */
export function span(ns: number): string {
  const seconds = Math.max(0, ns / 1e9);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${two((seconds % 3600) / 60)} m`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

/** Microseconds as a latency: "840 µs", "3.2 ms", "1.4 s". */
export function latency(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1e6) return `${(us / 1000).toFixed(us < 1e4 ? 1 : 0)} ms`;
  return `${(us / 1e6).toFixed(1)} s`;
}

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const date = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

/** Time of day on the reader's clock; 0 means that it has not happened. */
export const timeOf = (ns: number): string => (ns ? clock.format(ns / 1e6) : "–");

export function whenOf(ns: number, nowNs: number): string {
  if (!ns) return "–";
  const sameDay = date.format(ns / 1e6) === date.format(nowNs / 1e6);
  return sameDay ? timeOf(ns) : `${date.format(ns / 1e6)} ${timeOf(ns)}`;
}

/** The whole moment, local and UTC, for a tooltip. */
export const momentOf = (ns: number): string =>
  ns ? `${full.format(ns / 1e6)} (${new Date(ns / 1e6).toISOString()})` : "";

/** "partially_filled" as people say it. */
export const words = (name: string): string => name.replaceAll("_", " ");

export const titled = (name: string): string =>
  words(name).replace(/^./, (first) => first.toUpperCase());

/** The venue of an instrument id, and the rest of it. */
export function instrumentParts(instrument: string): { venue: string; symbol: string } {
  const cut = instrument.indexOf(":");
  if (cut < 0) return { venue: "", symbol: instrument };
  return { venue: instrument.slice(0, cut), symbol: instrument.slice(cut + 1) };
}
