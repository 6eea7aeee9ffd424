// The list of round trips: sorted, filtered, a page at a time.

const PAGE = 100;
const single = (column) => new Set(column).size <= 1;

class TripList {
  constructor(table, priceChart) {
    const { trips } = data;
    this.table = table;
    this.priceChart = priceChart;
    this.places = new Map(data.prices.map((price, i) => [price.name, i]));
    this.rows = trips.number.map((_, i) => i);
    this.sorted = { column: "number", falling: false };
    this.page = 0;
    this.chosen = null;
    this.columns = this.describe();
    this.head();
    element("trip-filter").addEventListener("change", () => this.filter());
    element("trip-search").addEventListener("input", () => this.filter());
    this.filter();
  }

  describe() {
    const { trips } = data;
    const unit = single(trips.currency) && trips.currency.length ? `, ${word(trips.currency[0])}` : "";
    const held = (i) => (trips.closed[i] === null ? null : trips.closed[i] - trips.opened[i]);
    const years = new Set(trips.opened.map((time) => iso(time).slice(0, 4)));
    const moment = (time) => (years.size > 1 ? minute(time) : minute(time).slice(5));
    const numeric = (text) => (text === "" ? null : Number(text.replace(/,/g, "")));
    const columns = [
      { key: "number", title: "#", num: true, value: (i) => trips.number[i], cell: (i) => this.button(i) },
      { key: "name", title: "Instrument", value: (i) => word(trips.name[i]) },
      { key: "long", title: "Side", value: (i) => (trips.long[i] ? "long" : "short") },
      { key: "opened", title: "Opened", value: (i) => trips.opened[i], text: (i) => moment(trips.opened[i]) },
      { key: "closed", title: "Closed", value: (i) => trips.closed[i],
        text: (i) => (trips.closed[i] === null ? "open" : moment(trips.closed[i])) },
      { key: "held", title: "Held", num: true, value: held, text: (i) => (held(i) === null ? "" : span(held(i))) },
      { key: "qty", title: "Quantity", num: true, value: (i) => numeric(trips.qty[i]), text: (i) => trips.qty[i] },
      { key: "entry", title: "Entry", num: true, value: (i) => trips.entryPx[i], text: (i) => trips.entry[i] },
      { key: "exit", title: "Exit", num: true, value: (i) => trips.exitPx[i], text: (i) => trips.exit[i] },
      { key: "net", title: `Net${unit}`, num: true, value: (i) => trips.net[i],
        text: (i) => money(trips.net[i]), tone: (i) => sign(trips.net[i]) },
      { key: "part", title: "Net, %", num: true, value: (i) => trips.part[i],
        text: (i) => (trips.part[i] === null ? "" : number(trips.part[i] * 100, 2, true)),
        tone: (i) => sign(trips.part[i]) },
      { key: "fees", title: `Fees${unit}`, num: true, value: (i) => trips.fees[i], text: (i) => number(trips.fees[i], data.digits) },
      { key: "entryReason", title: "Entry reason", value: (i) => word(trips.entryReason[i]) },
      { key: "exitReason", title: "Exit reason", value: (i) => word(trips.exitReason[i]) },
      { key: "instance", title: "Instance", value: (i) => word(trips.instance[i]) },
    ];
    const idle = ["name", "entryReason", "instance"].filter((key) => single(trips[key]));
    // On a narrow screen the result comes first, or it would lie outside of the screen.
    const first = matchMedia("(max-width: 640px)").matches ? ["number", "net", "part", "long"] : [];
    const rank = (column) => (first.indexOf(column.key) + 1 || columns.length);
    return columns.filter((column) => !idle.includes(column.key)).sort((a, b) => rank(a) - rank(b));
  }

  head() {
    const row = document.createElement("tr");
    this.titles = new Map();
    for (const column of this.columns) {
      const title = document.createElement("th");
      title.scope = "col";
      if (column.num) title.className = "num";
      const button = document.createElement("button");
      button.type = "button";
      button.addEventListener("click", () => this.sort(column.key));
      title.append(button);
      row.append(title);
      this.titles.set(column.key, [title, button, column.title]);
    }
    const head = document.createElement("thead");
    head.append(row);
    const caption = document.createElement("caption");
    caption.className = "unseen";
    caption.textContent = "Round trips; the titles of the columns sort";
    this.body = document.createElement("tbody");
    this.table.append(caption, head, this.body);
  }

  sort(key) {
    const same = this.sorted.column === key;
    // What is most wanted of numbers is the largest.
    const column = this.columns.find((one) => one.key === key);
    this.sorted = { column: key, falling: same ? !this.sorted.falling : Boolean(column.num) };
    this.page = 0;
    this.show();
  }

  filter() {
    const { trips } = data;
    const which = {
      all: () => true,
      won: (i) => trips.closed[i] !== null && trips.net[i] > 0,
      lost: (i) => trips.closed[i] !== null && trips.net[i] < 0,
      long: (i) => trips.long[i] === 1,
      short: (i) => trips.long[i] === 0,
      open: (i) => trips.closed[i] === null,
    }[element("trip-filter").value];
    const wanted = element("trip-search").value.trim().toLowerCase();
    const words = (i) => [
      trips.name[i], trips.entryReason[i], trips.exitReason[i], trips.instance[i],
    ].map(word).join(" ").toLowerCase();
    this.rows = trips.number.map((_, i) => i)
      .filter((i) => which(i) && (!wanted || words(i).includes(wanted)));
    this.page = 0;
    this.show();
  }

  show() {
    const { column, falling } = this.sorted;
    const { value } = this.columns.find((one) => one.key === column);
    const way = falling ? -1 : 1;
    this.rows.sort((a, b) => {
      const [left, right] = [value(a), value(b)];
      if (left === right) return a - b;
      if (left === null) return 1;
      if (right === null) return -1;
      return left < right ? -way : way;
    });
    for (const [key, [title, button, text]] of this.titles) {
      const sorts = key === column;
      title.ariaSort = sorts ? (falling ? "descending" : "ascending") : "none";
      button.textContent = sorts ? `${text} ${falling ? "▼" : "▲"}` : text;
    }
    const from = this.page * PAGE;
    this.body.replaceChildren(...this.rows.slice(from, from + PAGE).map((i) => this.row(i)));
    if (!this.rows.length) this.body.append(this.nothing());
    this.sum();
    this.pages();
  }

  nothing() {
    const row = document.createElement("tr");
    const cell = document.createElement("td");
    cell.colSpan = this.columns.length;
    cell.textContent = "No round trip fits.";
    row.append(cell);
    return row;
  }

  row(i) {
    const row = document.createElement("tr");
    if (i === this.chosen) row.className = "chosen";
    for (const column of this.columns) {
      const cell = document.createElement(column.cell ? "th" : "td");
      if (column.cell) cell.scope = "row";
      const names = [column.num ? "num" : "", column.tone ? column.tone(i) : ""].filter(Boolean);
      if (names.length) cell.className = names.join(" ");
      if (column.cell) cell.append(column.cell(i));
      else cell.textContent = (column.text || column.value)(i);
      row.append(cell);
    }
    return row;
  }

  button(i) {
    const trip = data.trips.number[i];
    const place = this.places.get(word(data.trips.name[i]));
    if (!this.priceChart || place === undefined) return document.createTextNode(trip);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = trip;
    button.setAttribute("aria-label", `Show round trip ${trip} in the price chart`);
    button.addEventListener("click", () => {
      this.chosen = i;
      for (const row of this.body.children) row.classList.remove("chosen");
      button.closest("tr").classList.add("chosen");
      this.priceChart.reveal(place, trip);
      const choice = element("price-instrument");
      if (choice) choice.value = String(place);
      element("price-part").scrollIntoView({ block: "start" });
    });
    return button;
  }

  sum() {
    const { trips } = data;
    const net = this.rows.reduce((sum, i) => sum + trips.net[i], 0);
    const won = this.rows.filter((i) => trips.net[i] > 0).length;
    const decided = this.rows.filter((i) => trips.net[i] !== 0).length;
    const rate = decided ? `, ${percent(won / decided, 1)} won` : "";
    const much = single(trips.currency) ? `, net ${money(net)} ${word(trips.currency[0])}` : "";
    element("trip-sum").textContent = `${number(this.rows.length, 0)} shown${much}${rate}`;
  }

  pages() {
    const count = Math.ceil(this.rows.length / PAGE);
    const place = element("trip-pages");
    if (count <= 1) return place.replaceChildren();
    const turn = (text, by) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.disabled = this.page + by < 0 || this.page + by >= count;
      button.addEventListener("click", () => {
        this.page += by;
        this.show();
        this.table.parentElement.scrollTop = 0;
      });
      return button;
    };
    const said = document.createElement("span");
    const from = this.page * PAGE;
    said.textContent = `${number(from + 1, 0)}–${number(Math.min(from + PAGE, this.rows.length), 0)} of ${number(this.rows.length, 0)}`;
    return place.replaceChildren(turn("Back", -1), said, turn("Next", 1));
  }
}
