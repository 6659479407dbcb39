import { effect, signal } from "@preact/signals";

const KEY = "deit-web:theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function stored(): "light" | "dark" | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined; // storage is forbidden: the system's scheme it is
  }
}

const chosen = signal(stored());
const systemIsDark = signal(system.matches);
system.addEventListener("change", () => {
  systemIsDark.value = system.matches;
});

/** Whether the page is dark: as chosen, else as the system is. */
export const isDark = (): boolean => (chosen.value ?? (systemIsDark.value ? "dark" : "light")) === "dark";

/** Chooses the other scheme. What the system has is not stored, so that the page follows it again. */
export function toggleTheme(): void {
  const wanted = isDark() ? "light" : "dark";
  chosen.value = (wanted === "dark") === systemIsDark.value ? undefined : wanted;
  try {
    if (chosen.value === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen.value);
  } catch {
    // as long as the page is open, then
  }
}

effect(() => {
  const root = document.documentElement;
  if (chosen.value === undefined) delete root.dataset.theme;
  else root.dataset.theme = chosen.value;
});
