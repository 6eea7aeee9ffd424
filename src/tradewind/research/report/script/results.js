// How many round trips ended in each band of results.

class ResultsChart extends Drawing {
  constructor(canvas) {
    super(canvas);
    this.bars = [];
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerdown", (event) => this.point(event));
    canvas.addEventListener("pointerleave", () => this.hush());
  }

  draw(context) {
    const { counts, width, first } = data.results;
    const bottom = this.height - AXIS, left = 34, right = this.width - 8;
    const most = Math.max(...counts);
    const wide = (right - left) / counts.length;
    const step = Math.max(1, valueTicks(0, most, 4).ticks[1] || 1);
    const y = (count) => bottom - (count / (most * 1.05)) * (bottom - TOP);
    for (let count = 0; count <= most; count += step) {
      this.line(left, Math.round(y(count)) + 0.5, right, Math.round(y(count)) + 0.5, colours.grid);
      this.label(number(count, 0), left - 8, y(count), "right");
    }
    this.bars = counts.map((count, i) => {
      const from = (first + i) * width;
      context.fillStyle = from < 0 ? colours.loss : colours.gain;
      const x = left + i * wide;
      context.fillRect(x + 1, y(count), Math.max(1, wide - 2), bottom - y(count));
      return { x, from, to: from + width, count, place: i };
    });
    const zero = left - first * wide;
    this.line(Math.round(zero) + 0.5, TOP, Math.round(zero) + 0.5, bottom, colours.quiet);
    const digits = Math.max(0, -Math.floor(Math.log10(width) + 1e-9));
    let free = 0;
    for (let i = 0; i <= counts.length; i++) {
      // Marks count from zero, so that zero is always among them.
      const every = Math.ceil((this.context.measureText(number((first + i) * width, digits)).width + 26) / wide);
      if ((first + i) % every) continue;
      const label = number((first + i) * width, digits, true);
      const x = left + i * wide, half = context.measureText(label).width / 2;
      if (x - half < free || x + half > this.width) continue;
      this.label(label, x, bottom + 14, "center");
      free = x + half + 8;
    }
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const bar = this.bars.findLast((one) => one.x <= x);
    if (!bar) return this.hush();
    const [under, over] = data.results.open;
    const from = under && bar.place === 0 ? "less" : money(bar.from);
    const to = over && bar.place === this.bars.length - 1 ? "more" : money(bar.to);
    const trips = bar.count === 1 ? "round trip" : "round trips";
    return this.tell(x, y, `${from} to ${to}`, [[`${number(bar.count, 0)} ${trips}`]]);
  }
}
