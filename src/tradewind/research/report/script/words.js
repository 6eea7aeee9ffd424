// The page's data, and how numbers and times are written.

const data = JSON.parse(document.getElementById("data").textContent);
const element = (id) => document.getElementById(id);
const word = (number) => data.words[number];
const root = document.documentElement;

const formats = new Map();
const number = (value, digits, signed = false) => {
  if (!formats.has(digits)) {
    formats.set(digits, new Intl.NumberFormat("en-US", {
      minimumFractionDigits: digits, maximumFractionDigits: digits,
    }));
  }
  const text = formats.get(digits).format(Math.abs(value));
  if (!/[1-9]/.test(text)) return text;
  return (value < 0 ? "−" : signed ? "+" : "") + text;
};
const money = (value) => number(value, data.digits, true);
const percent = (value, digits = 2, signed = false) => `${number(value * 100, digits, signed)} %`;
const sign = (value) => (value > 0 ? "gain" : value < 0 ? "loss" : "");
const iso = (ms) => new Date(ms + data.zone.offset).toISOString();
const minute = (ms) => `${iso(ms).slice(0, 10)} ${iso(ms).slice(11, 16)}`;
const second = (ms) => `${iso(ms).slice(0, 10)} ${iso(ms).slice(11, 19)}`;
const span = (ms) => {
  let seconds = Math.floor(ms / 1000);
  if (seconds < 1) return `${Math.round(ms)} ms`;
  const parts = [];
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count) parts.push(`${count} ${unit}`);
    else if (parts.length) break;
  }
  return parts.slice(0, 2).join(" ");
};

const summed = (steps, scale = 1) => {
  const values = new Float64Array(steps.length);
  let sum = 0;
  for (let i = 0; i < steps.length; i++) values[i] = (sum += steps[i]) * scale;
  return values;
};

/** How many values lie below `value`; the values rise. */
const below = (values, value) => {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The last place whose value is not above `value`, or the first place. */
const at = (values, value) => {
  const place = below(values, value);
  return values[place] === value ? place : Math.max(0, place - 1);
};
