/** Light, dark, or as the system has it. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "tradewind.theme";
const ears = new Set<() => void>();
const system = window.matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme {
  const told = document.documentElement.dataset["theme"];
  return told === "light" || told === "dark" ? told : "system";
}

export function setTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing has the choice for this visit.
  }
  for (const ear of ears) ear();
}

function listen(ear: () => void): () => void {
  ears.add(ear);
  system.addEventListener("change", ear);
  return () => {
    ears.delete(ear);
    system.removeEventListener("change", ear);
  };
}

export const useTheme = (): Theme => useSyncExternalStore(listen, chosen);

/** What is drawn now: charts must be told their colours anew when this changes. */
export function useDark(): boolean {
  return useSyncExternalStore(listen, () =>
    chosen() === "system" ? system.matches : chosen() === "dark",
  );
}

/** The colour of a custom property as drawn now, for what is drawn on a canvas. */
export function colour(name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const drawn = getComputedStyle(probe).color;
  probe.remove();
  return drawn;
}
