// Colours by choice, and which charts and lists the page has.

const THEMES = { system: "System", light: "Light", dark: "Dark" };
const remembered = () => {
  // A page from a file may have no storage; then the choice lasts as long as the page.
  try { return localStorage.getItem("tradewind-theme"); } catch { return null; }
};
const remember = (theme) => {
  try { localStorage.setItem("tradewind-theme", theme); } catch { /* not kept, see above */ }
};
let theme = remembered() in THEMES ? remembered() : "system";
const paint = () => {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  const button = element("theme");
  button.querySelector("span").textContent = THEMES[theme];
  button.setAttribute("aria-label", `Colours: ${THEMES[theme]}; press to change`);
  drawAll();
};
element("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  theme = names[(names.indexOf(theme) + 1) % names.length];
  remember(theme);
  paint();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
paint();

if (element("equity-chart")) new EquityChart(element("equity-chart"));
let priceChart = null;
if (element("price-chart")) {
  priceChart = new PriceChart(element("price-chart"));
  new Overview(element("price-overview"), priceChart);
  element("price-instrument")?.addEventListener("change", (event) => {
    priceChart.choose(Number(event.target.value));
  });
}
if (element("results-chart")) new ResultsChart(element("results-chart"));
if (element("trip-table")) new TripList(element("trip-table"), priceChart);
