// A chart over time: a window that moves and zooms, axes, and the line under the pointer.

const AXIS = 24, TOP = 10;

/** A chart with a window [from, to] on its x axis that can be moved and zoomed. */
class Chart extends Drawing {
  constructor(canvas, low, high, least) {
    super(canvas);
    this.least = least;
    this.gutter = 60;
    this.cursor = null;
    this.onWindow = () => {};
    this.extent(low, high);
    this.listen();
  }

  extent(low, high) {
    this.low = low;
    this.high = high;
    this.show(low, high);
  }

  show(from, to) {
    const whole = this.high - this.low;
    const width = Math.min(whole, Math.max(this.least, to - from));
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(this.low, middle - width / 2), this.high - width);
    this.to = this.from + width;
    this.onWindow?.();
    this.request();
  }

  get isWhole() {
    return this.to - this.from >= (this.high - this.low) * 0.999;
  }

  zoom(factor, around = (this.from + this.to) / 2) {
    const share = (around - this.from) / (this.to - this.from);
    const width = Math.min(
      this.high - this.low, Math.max(this.least, (this.to - this.from) * factor),
    );
    const from = around - share * width;
    this.show(from, from + width);
  }

  move(by) {
    this.show(this.from + by, this.to + by);
  }

  get right() {
    return this.width - this.gutter;
  }

  x(value) {
    return ((value - this.from) / (this.to - this.from)) * this.right;
  }

  value(x) {
    return this.from + (x / this.right) * (this.to - this.from);
  }

  listen() {
    const { canvas } = this;
    const held = new Map();
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const apart = () => {
      const [first, second] = [...held.values()];
      return Math.max(10, Math.abs(first[0] - second[0]));
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      held.set(event.pointerId, place(event));
      this.cursor = place(event);
      this.request();
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = held.get(event.pointerId);
      const now = place(event);
      this.cursor = now;
      if (before && held.size === 2) {
        const wide = apart();
        held.set(event.pointerId, now);
        this.cursor = null;
        this.zoom(wide / apart(), this.value(now[0]));
      } else if (before) {
        held.set(event.pointerId, now);
        if (!this.isWhole) this.move(this.value(before[0]) - this.value(now[0]));
      }
      this.request();
    });
    const release = (event) => held.delete(event.pointerId);
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", (event) => {
      release(event);
      this.cursor = null;
      this.request();
    });
    canvas.addEventListener("pointerleave", () => {
      if (held.size) return;
      this.cursor = null;
      this.request();
    });
    canvas.addEventListener("dblclick", () => this.show(this.low, this.high));
    canvas.addEventListener("wheel", (event) => {
      // A wheel over the page scrolls the page; only a chart that was chosen takes it.
      if (document.activeElement !== canvas && !event.ctrlKey) return;
      event.preventDefault();
      this.zoom(Math.exp(event.deltaY * 0.002), this.value(place(event)[0]));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const width = this.to - this.from;
      const does = {
        ArrowLeft: () => this.move(-width * 0.15),
        ArrowRight: () => this.move(width * 0.15),
        "+": () => this.zoom(0.7),
        "=": () => this.zoom(0.7),
        "-": () => this.zoom(1 / 0.7),
        0: () => this.show(this.low, this.high),
        Escape: () => canvas.blur(),
      }[event.key];
      if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      does();
    });
    for (const button of canvas.closest("figure").querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => {
        if (button.dataset.zoom === "fit") this.show(this.low, this.high);
        else this.zoom(button.dataset.zoom === "in" ? 0.5 : 2);
      });
    }
  }

  /** Draw the value axis of a pane; returns the function from value to y. */
  pane(top, bottom, low, high, text) {
    const { ticks, digits } = valueTicks(low, high, Math.max(1, Math.floor((bottom - top) / 36)));
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
    for (const tick of ticks) {
      this.line(0, Math.round(y(tick)) + 0.5, this.right, Math.round(y(tick)) + 0.5, colours.grid);
      this.label(text(tick, digits), this.right + 8, y(tick), "left");
    }
    return y;
  }

  widest(low, high, room, text) {
    const { ticks, digits } = valueTicks(low, high, Math.max(1, Math.floor(room / 36)));
    const widths = ticks.map((tick) => this.context.measureText(text(tick, digits)).width);
    return Math.ceil(Math.max(24, ...widths)) + 14;
  }

  times(ticks, bottom) {
    let free = 0;
    for (const [x, label] of ticks) {
      const half = this.context.measureText(label).width / 2;
      this.line(Math.round(x) + 0.5, TOP, Math.round(x) + 0.5, bottom, colours.grid);
      if (x - half < free || x + half > this.width) continue;
      this.label(label, x, bottom + 14, "center");
      free = x + half + 12;
    }
  }

  hair(x, top, bottom) {
    this.context.setLineDash([4, 3]);
    this.line(Math.round(x) + 0.5, top, Math.round(x) + 0.5, bottom, colours.quiet);
    this.context.setLineDash([]);
  }

  inside() {
    return this.cursor && this.cursor[0] <= this.right;
  }
}

const padded = (low, high, share) => {
  const room = (high - low || Math.abs(high) || 1) * share;
  return [low - room, high + room];
};
