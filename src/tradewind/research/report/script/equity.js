// Equity above, the distance from its peak below.

/** Equity above, the distance from its peak below. */
class EquityChart extends Chart {
  constructor(canvas) {
    const time = summed(data.curve.t);
    super(canvas, time[0], time[time.length - 1] || time[0] + 1, 1);
    this.time = time;
    this.least = Math.max(1, (this.high - this.low) / 500);
    this.equity = summed(data.curve.equity, data.curve.scale);
    this.fallen = summed(data.curve.below, 1e-5);
    this.request();
  }

  draw(context) {
    if (!this.time) return;
    const first = Math.max(0, below(this.time, this.from) - 1);
    const last = Math.min(this.time.length - 1, below(this.time, this.to));
    const [low, high] = this.range(this.equity, first, last);
    const bottom = this.height - AXIS;
    const middle = TOP + (bottom - TOP) * 0.68;
    const values = (value, digits) => number(value, digits);
    const parts = (value, digits) => `${number(value * 100, Math.max(0, digits - 2))} %`;
    const deepest = Math.min(this.range(this.fallen, first, last, 0)[0], -0.001);
    this.gutter = Math.max(
      this.widest(low, high, middle - TOP, values),
      this.widest(deepest, 0, bottom - middle, parts),
    );
    const ticks = timeTicks(this.from, this.to, Math.max(2, this.right / 90));
    this.times(ticks.map(([time, label]) => [this.x(time), label]), bottom);
    const yEquity = this.pane(TOP, middle - 12, low, high, values);
    const yFallen = this.pane(middle + 12, bottom, deepest * 1.06, 0, parts);
    context.save();
    context.beginPath();
    context.rect(0, 0, this.right, this.height);
    context.clip();
    this.drawEquity(context, first, last, yEquity, middle - 12);
    this.drawFallen(context, first, last, yFallen);
    context.restore();
    this.label("Drawdown", 0, middle, "left");
    if (this.inside()) this.drawCursor(first, last, yEquity, yFallen, bottom);
    else this.hush();
  }

  range(values, first, last, share = 0.06) {
    let low = Infinity, high = -Infinity;
    for (let i = first; i <= last; i++) {
      if (values[i] < low) low = values[i];
      if (values[i] > high) high = values[i];
    }
    return share ? padded(low, high, share) : [low, high];
  }

  path(context, values, first, last, y) {
    context.beginPath();
    for (let i = first; i <= last; i++) context.lineTo(this.x(this.time[i]), y(values[i]));
  }

  drawEquity(context, first, last, y, bottom) {
    const start = Math.min(Math.max(y(data.start), TOP), bottom);
    for (const [colour, top, height] of [
      [colours.gain, TOP, start - TOP], [colours.loss, start, bottom - start],
    ]) {
      context.save();
      context.beginPath();
      context.rect(0, top, this.right, Math.max(0, height));
      context.clip();
      this.path(context, this.equity, first, last, y);
      context.lineTo(this.x(this.time[last]), start);
      context.lineTo(this.x(this.time[first]), start);
      context.globalAlpha = 0.16;
      context.fillStyle = colour;
      context.fill();
      context.restore();
    }
    context.setLineDash([5, 4]);
    this.line(0, Math.round(start) + 0.5, this.right, Math.round(start) + 0.5, colours.quiet);
    context.setLineDash([]);
    this.path(context, this.equity, first, last, y);
    context.strokeStyle = colours.text;
    context.lineWidth = 1.5;
    context.stroke();
    context.lineWidth = 1;
  }

  drawFallen(context, first, last, y) {
    this.path(context, this.fallen, first, last, y);
    context.strokeStyle = colours.loss;
    context.stroke();
    context.lineTo(this.x(this.time[last]), y(0));
    context.lineTo(this.x(this.time[first]), y(0));
    context.globalAlpha = 0.22;
    context.fillStyle = colours.loss;
    context.fill();
    context.globalAlpha = 1;
  }

  drawCursor(first, last, yEquity, yFallen, bottom) {
    const wanted = this.value(this.cursor[0]);
    let i = Math.min(below(this.time, wanted), this.time.length - 1);
    if (i && wanted - this.time[i - 1] < this.time[i] - wanted) i -= 1;
    const x = this.x(this.time[i]);
    this.hair(x, TOP, bottom);
    for (const [y, colour] of [
      [yEquity(this.equity[i]), colours.text], [yFallen(this.fallen[i]), colours.loss],
    ]) {
      this.context.fillStyle = colour;
      this.context.beginPath();
      this.context.arc(x, y, 3.5, 0, 2 * Math.PI);
      this.context.fill();
    }
    const gained = this.equity[i] - data.start;
    this.tell(x, this.cursor[1], `${minute(this.time[i])} ${data.zone.name}`, [
      [`Equity ${number(this.equity[i], data.digits)} ${data.currency}`],
      [`${money(gained)} since the start`, sign(gained)],
      [`Drawdown ${percent(this.fallen[i])}`, sign(this.fallen[i])],
    ]);
  }
}
