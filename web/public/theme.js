// Before the first paint, so that the page does not flash in the other colours.
try {
  const chosen = localStorage.getItem("tradewind.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing follows the system's colours.
}
