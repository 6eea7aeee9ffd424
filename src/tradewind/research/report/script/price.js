// Price with our fills and round trips, and the strip that shows the whole of it.

const outcomes = new Map(data.trips.number.map((trip, i) => [trip, data.trips.net[i]]));

/** One instrument's candles, our fills in it and its round trips, by place in the candles. */
const priceOf = (raw) => {
  const time = summed(raw.t, raw.interval);
  const close = summed(raw.close, raw.scale);
  const count = time.length;
  const [open, high, low] = [0, 0, 0].map(() => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    open[i] = (i ? close[i - 1] : close[0]) + raw.open[i] * raw.scale;
    high[i] = Math.max(open[i], close[i]) + raw.up[i] * raw.scale;
    low[i] = Math.min(open[i], close[i]) - raw.down[i] * raw.scale;
  }
  const { markers, trips } = data;
  const times = summed(markers.t);
  const fills = [];
  for (let i = 0; i < times.length; i++) {
    if (word(markers.name[i]) !== raw.name) continue;
    fills.push({
      x: at(time, times[i]), time: times[i], buys: markers.sign[i] > 0, px: markers.px[i],
      effect: word(markers.effect[i]), qty: markers.qty[i], reason: word(markers.reason[i]),
      trip: markers.trip[i], count: markers.count[i] || 1,
    });
  }
  const lines = [];
  for (let i = 0; i < trips.number.length; i++) {
    if (word(trips.name[i]) !== raw.name) continue;
    const closed = trips.closed[i] !== null;
    lines.push({
      number: trips.number[i], from: at(time, trips.opened[i]),
      to: closed ? at(time, trips.closed[i]) : count - 1, entry: trips.entryPx[i],
      exit: closed ? trips.exitPx[i] : null, net: trips.net[i],
    });
  }
  return {
    name: raw.name, interval: raw.interval, digits: raw.digits, time, open, high, low, close,
    fills, places: fills.map((fill) => fill.x), lines,
  };
};

/** How many pixels each fill must have to be drawn large with lines, and to be drawn as a sign. */
const ROOMY = 8, CROWDED = 2.5;

class PriceChart extends Chart {
  constructor(canvas) {
    super(canvas, -0.5, 0.5, 1);
    this.known = new Map();
    this.chosen = null;
    this.choose(0);
  }

  choose(place) {
    if (!this.known.has(place)) this.known.set(place, priceOf(data.prices[place]));
    this.price = this.known.get(place);
    this.place = place;
    this.least = Math.min(12, this.price.time.length);
    this.extent(-0.5, this.price.time.length - 0.5);
  }

  /** Bring a round trip into the middle, with as much before and after it. */
  reveal(place, trip) {
    if (place !== this.place) this.choose(place);
    const line = this.price.lines.find((one) => one.number === trip);
    if (!line) return;
    this.chosen = line;
    const room = Math.max(20, line.to - line.from);
    this.show(line.from - room, line.to + room);
  }

  draw(context) {
    const { price } = this;
    if (!price) return;
    const first = Math.max(0, Math.floor(this.from + 0.5));
    const last = Math.min(price.time.length - 1, Math.ceil(this.to - 0.5));
    let low = Infinity, high = -Infinity;
    for (let i = first; i <= last; i++) {
      if (price.low[i] < low) low = price.low[i];
      if (price.high[i] > high) high = price.high[i];
    }
    [low, high] = padded(low, high, 0.07);
    const bottom = this.height - AXIS;
    const text = (value, digits) => number(value, digits);
    this.gutter = this.widest(low, high, bottom - TOP, text);
    this.times(this.ticks(first, last), bottom);
    const y = this.pane(TOP, bottom, low, high, text);
    context.save();
    context.beginPath();
    context.rect(0, 0, this.right, bottom);
    context.clip();
    const wide = this.right / (this.to - this.from);
    this.drawChosen(context, y, bottom);
    if (wide >= 3) this.drawCandles(context, first, last, y, wide);
    else this.drawRanges(context, first, last, y);
    this.drawLines(context, first, last, y);
    this.drawFills(context, first, last, y);
    context.restore();
    if (this.room(first, last) < CROWDED) this.label("Zoom in to see each fill", 4, TOP + 6, "left");
    if (this.inside()) this.drawCursor(y, bottom);
    else this.hush();
  }

  ticks(first, last) {
    const { time } = this.price;
    if (last < first) return [];
    const seen = new Set();
    const ticks = [];
    const most = Math.max(2, this.right / 90);
    for (const [moment, label] of timeTicks(time[first], time[last], most)) {
      const place = below(time, moment);
      if (seen.has(place)) continue;
      seen.add(place);
      // An hour at which nothing was traded stands for the day on which it went on.
      const closed = label.includes(":") && time[place] - moment >= this.price.interval;
      ticks.push([this.x(place), closed ? dayLabel(time[place]) : label]);
    }
    return ticks;
  }

  drawCandles(context, first, last, y, wide) {
    const { open, high, low, close } = this.price;
    const body = Math.max(1, Math.floor(wide * 0.7));
    context.strokeStyle = colours.candle;
    for (let i = first; i <= last; i++) {
      const x = Math.round(this.x(i)) + 0.5;
      const top = Math.round(y(Math.max(open[i], close[i]))) + 0.5;
      const height = Math.max(1, Math.round(Math.abs(y(open[i]) - y(close[i]))));
      context.beginPath();
      context.moveTo(x, y(high[i]));
      context.lineTo(x, y(low[i]));
      context.stroke();
      context.fillStyle = close[i] >= open[i] ? colours.panel : colours.candle;
      context.fillRect(x - body / 2, top, body, height);
      context.strokeRect(x - body / 2, top, body, height);
    }
  }

  drawRanges(context, first, last, y) {
    const { high, low } = this.price;
    context.strokeStyle = colours.quiet;
    context.beginPath();
    let column = null, top = -Infinity, bottom = Infinity;
    const put = () => {
      if (column === null) return;
      const [from, to] = [y(top), y(bottom)];
      context.moveTo(column + 0.5, from);
      context.lineTo(column + 0.5, Math.max(to, from + 1));
    };
    for (let i = first; i <= last; i++) {
      const x = Math.round(this.x(i));
      if (x !== column) {
        put();
        [column, top, bottom] = [x, high[i], low[i]];
      } else {
        top = Math.max(top, high[i]);
        bottom = Math.min(bottom, low[i]);
      }
    }
    put();
    context.stroke();
  }

  drawChosen(context, y, bottom) {
    const { chosen } = this;
    if (!chosen || !this.price.lines.includes(chosen)) return;
    const from = this.x(chosen.from - 0.5), to = this.x(chosen.to + 0.5);
    context.globalAlpha = 0.1;
    context.fillStyle = colours.accent;
    context.fillRect(from, TOP, Math.max(2, to - from), bottom - TOP);
    context.globalAlpha = 1;
  }

  drawLines(context, first, last, y) {
    const roomy = this.room(first, last) >= CROWDED * 2;
    const seen = this.price.lines.filter(
      (line) => line.exit !== null && line.from <= last && line.to >= first
        && (roomy || line === this.chosen),
    );
    for (const line of seen) {
      context.strokeStyle = line.net < 0 ? colours.loss : colours.gain;
      context.lineWidth = line === this.chosen ? 2.5 : 1.4;
      context.setLineDash(line.net < 0 ? [4, 3] : []);
      context.beginPath();
      context.moveTo(this.x(line.from), y(line.entry));
      context.lineTo(this.x(line.to), y(line.exit));
      context.stroke();
    }
    context.setLineDash([]);
    context.lineWidth = 1;
  }

  /** How many pixels each fill has for itself. */
  room(first, last) {
    const { places } = this.price;
    return this.right / Math.max(1, below(places, last + 1) - below(places, first));
  }

  drawFills(context, first, last, y) {
    const { fills, places } = this.price;
    const room = this.room(first, last);
    for (let i = below(places, first); i < below(places, last + 1); i++) {
      const fill = fills[i];
      const net = outcomes.get(fill.trip) ?? 0;
      const colour = fill.effect === "open" || !net ? colours.text
        : net < 0 ? colours.loss : colours.gain;
      const x = this.x(fill.x), px = y(fill.px);
      if (room < CROWDED) this.dot(context, fill, x, px, colour);
      else this.triangle(context, fill, x, px, colour, room < ROOMY ? 3.2 : 5.5);
    }
    context.lineWidth = 1;
  }

  triangle(context, fill, x, tip, colour, size) {
    const down = (fill.buys ? 1.7 : -1.7) * size;
    context.beginPath();
    context.moveTo(x, tip);
    context.lineTo(x - size, tip + down);
    context.lineTo(x + size, tip + down);
    context.closePath();
    context.fillStyle = fill.effect === "close" ? colours.panel : colour;
    context.fill();
    context.strokeStyle = colour;
    context.lineWidth = size > 4 ? 1.4 : 1;
    context.stroke();
  }

  /** Where fills crowd, exits show what they led to, and entries only that they were. */
  dot(context, fill, x, y, colour) {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x, y, fill.effect === "open" ? 1.3 : 2.2, 0, 2 * Math.PI);
    context.fill();
  }

  drawCursor(y, bottom) {
    const { price } = this;
    const wanted = Math.round(this.value(this.cursor[0]));
    const i = Math.min(Math.max(0, wanted), price.time.length - 1);
    const x = this.x(i);
    this.hair(x, TOP, bottom);
    const digits = price.digits;
    const px = (value) => number(value, digits);
    const lines = [
      [`O ${px(price.open[i])}  H ${px(price.high[i])}`],
      [`L ${px(price.low[i])}  C ${px(price.close[i])}`],
    ];
    const from = below(price.places, i), to = below(price.places, i + 1);
    for (const fill of price.fills.slice(from, Math.min(to, from + 5))) {
      const net = outcomes.get(fill.trip) ?? 0;
      const much = fill.count > 1 ? `${fill.count} fills` : fill.qty;
      const what = fill.buys ? "▲ buy" : "▼ sell";
      const because = fill.reason ? `, ${fill.reason}` : "";
      const leaves = fill.effect !== "open";
      lines.push([`${what} ${much} @ ${px(fill.px)}${because}`, leaves ? sign(net) : ""]);
      if (leaves && fill.trip) lines.push([`round trip ${fill.trip}: ${money(net)}`, sign(net)]);
    }
    if (to - from > 5) lines.push([`and ${to - from - 5} more fills`]);
    const moment = price.interval < MINUTE ? second : minute;
    this.tell(x, this.cursor[1], `${moment(price.time[i])} ${data.zone.name}`, lines);
  }
}

/** The whole price in a strip, with the chart's window on it. */
class Overview extends Drawing {
  constructor(canvas, chart) {
    super(canvas);
    this.chart = chart;
    chart.onWindow = () => this.request();
    let holds = false;
    const seek = (event) => {
      const box = canvas.getBoundingClientRect();
      const middle = chart.low + ((event.clientX - box.left) / box.width) * (chart.high - chart.low);
      const half = (chart.to - chart.from) / 2;
      chart.show(middle - half, middle + half);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      holds = true;
      seek(event);
    });
    canvas.addEventListener("pointermove", (event) => holds && seek(event));
    canvas.addEventListener("pointerup", () => { holds = false; });
    canvas.addEventListener("pointercancel", () => { holds = false; });
  }

  draw(context) {
    const { chart, width, height } = this;
    const { high, low } = chart.price;
    let top = -Infinity, bottom = Infinity;
    for (let i = 0; i < high.length; i++) {
      top = Math.max(top, high[i]);
      bottom = Math.min(bottom, low[i]);
    }
    const y = (px) => 4 + ((top - px) / (top - bottom || 1)) * (height - 8);
    context.strokeStyle = colours.candle;
    context.beginPath();
    for (let column = 0; column < width; column++) {
      const from = Math.floor((column / width) * high.length);
      const to = Math.max(from + 1, Math.floor(((column + 1) / width) * high.length));
      let up = -Infinity, down = Infinity;
      for (let i = from; i < to; i++) {
        up = Math.max(up, high[i]);
        down = Math.min(down, low[i]);
      }
      context.moveTo(column + 0.5, y(up));
      context.lineTo(column + 0.5, Math.max(y(down), y(up) + 1));
    }
    context.stroke();
    const x = (place) => ((place - chart.low) / (chart.high - chart.low)) * width;
    context.fillStyle = colours.accent;
    context.globalAlpha = 0.16;
    context.fillRect(x(chart.from), 0, Math.max(3, x(chart.to) - x(chart.from)), height);
    context.globalAlpha = 1;
    context.strokeStyle = colours.accent;
    context.strokeRect(x(chart.from) + 0.5, 0.5, Math.max(3, x(chart.to) - x(chart.from) - 1), height - 1);
  }
}
