import { signal } from "@preact/signals";

/** Part of the page where something failed, and where it is said. */
export type Place = "open" | "pictures" | "settings" | "training" | "look" | "takeAway" | `class:${string}`;

/** What failed, by place, for people to read. */
export const problems = signal<ReadonlyMap<Place, string>>(new Map());

/** Shows what failed at a place. */
export function report(place: Place, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  problems.value = new Map(problems.value).set(place, text);
}

/** Takes away what is said at a place. */
export function dismiss(place: Place): void {
  if (!problems.value.has(place)) return;
  const left = new Map(problems.value);
  left.delete(place);
  problems.value = left;
}

/** Runs an action; if it fails, says so at the place and resolves to `undefined`. */
export async function attempt<T>(place: Place, action: () => Promise<T>): Promise<T | undefined> {
  dismiss(place);
  try {
    return await action();
  } catch (error) {
    report(place, error);
    return undefined;
  }
}
