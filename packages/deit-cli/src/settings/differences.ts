import { decisiveSettings, type Settings } from "./settings.ts";

/** Settings that decide a run's result and differ, with both values; `undefined` where none does. */
export function differences(before: Settings, now: Settings): string | undefined {
  const [old, other] = [before, now].map(decisiveSettings);
  const differing = Object.keys({ ...old, ...other }).filter(
    (path) => JSON.stringify(old![path]) !== JSON.stringify(other![path]),
  );
  if (differing.length === 0) return undefined;
  const shown = (value: unknown): string =>
    typeof value === "string" ? value : (JSON.stringify(value) ?? "none");
  const deepest = differing.filter((path) => !differing.some((longer) => longer.startsWith(`${path}.`)));
  return deepest.map((path) => `${path} was ${shown(old![path])}, is ${shown(other![path])}`).join("; ");
}
