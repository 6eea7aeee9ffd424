// Canvases: marks of axes, colours, and a drawing that is sharp and redrawn when it must be.

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const STEPS = [
  1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 1209600,
].map((seconds) => seconds * SECOND);
const MONTH_STEPS = [1, 3, 6, 12, 24, 60, 120];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const monthTicks = (from, to, step) => {
  const ticks = [];
  const start = new Date(from);
  let month = start.getUTCFullYear() * 12 + start.getUTCMonth();
  month -= month % step;
  for (;; month += step) {
    const time = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (time > to) return ticks;
    if (time < from) continue;
    const year = String(Math.floor(month / 12));
    ticks.push([time, month % 12 ? `${MONTHS[month % 12]} ${year}` : year]);
  }
};

const dateOf = (day) => `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}`;
const dayLabel = (ms) => dateOf(new Date(ms + data.zone.offset));

const stepTicks = (from, to, step) => {
  const ticks = [];
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
    const day = new Date(time);
    const clock = day.toISOString().slice(11, step < MINUTE ? 19 : 16);
    ticks.push([time, time % DAY === 0 ? dateOf(day) : clock]);
  }
  return ticks;
};

/** Times to mark between two times, at most `most` of them, with their labels. */
const timeTicks = (from, to, most) => {
  const offset = data.zone.offset;
  const step = STEPS.find((size) => (to - from) / size <= most);
  const months = MONTH_STEPS.find((size) => (to - from) / (size * 30.4 * DAY) <= most) || 240;
  const ticks = step
    ? stepTicks(from + offset, to + offset, step)
    : monthTicks(from + offset, to + offset, months);
  return ticks.map(([time, label]) => [time - offset, label]);
};

const valueTicks = (low, high, most) => {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((size) => size * power).find((size) => size >= rough * 0.999);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step) {
    ticks.push(value);
  }
  return { ticks, digits };
};

let colours = {};
const readColours = () => {
  const style = getComputedStyle(root);
  for (const name of ["panel", "text", "quiet", "grid", "line", "gain", "loss", "accent", "candle"]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
  colours.font = getComputedStyle(document.body).fontFamily;
};
readColours();
const drawings = [];
const drawAll = () => {
  readColours();
  for (const drawing of drawings) drawing.request();
};

/** A canvas that is sharp on every screen and drawn at most once a frame. */
class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.asked = false;
    drawings.push(this);
    new ResizeObserver(() => this.request()).observe(canvas);
  }

  request() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.paint();
    });
  }

  paint() {
    const { canvas, context } = this;
    const sharp = window.devicePixelRatio || 1;
    this.width = canvas.clientWidth;
    this.height = canvas.clientHeight;
    if (!this.width || !this.height) return;
    const [width, height] = [Math.round(this.width * sharp), Math.round(this.height * sharp)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.font = `11.5px ${colours.font}`;
    context.lineWidth = 1;
    context.lineJoin = "round";
    context.setLineDash([]);
    context.globalAlpha = 1;
    this.draw(context);
    canvas.dataset.drawn = "true";
  }

  line(x1, y1, x2, y2, colour) {
    const { context } = this;
    context.strokeStyle = colour;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }

  label(text, x, y, align, colour = colours.quiet) {
    const { context } = this;
    context.fillStyle = colour;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillText(text, x, y);
  }

  /** Put the tip beside a point, inside of the plot; lines are [text, class]. */
  tell(x, y, title, lines) {
    const tip = this.canvas.parentElement.querySelector(".tip");
    const heading = document.createElement("b");
    heading.textContent = title;
    const rows = lines.map(([text, name]) => {
      const row = document.createElement("span");
      row.textContent = text;
      if (name) row.className = name;
      return row;
    });
    tip.replaceChildren(heading, ...rows);
    tip.hidden = false;
    const right = x + 14 + tip.offsetWidth > this.width;
    const left = right ? Math.max(0, x - 14 - tip.offsetWidth) : x + 14;
    const top = Math.max(0, Math.min(y + 12, this.height - tip.offsetHeight));
    tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hush() {
    this.canvas.parentElement.querySelector(".tip").hidden = true;
  }
}
