/** A photo that cannot be read or decoded; the message begins with its name. */
export class BadPhoto extends Error {}

/** @throws Error naming the photos that failed, once all others are done. */
export function requireNone(errors: readonly string[], count: number): void {
  if (errors.length === 0) return;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  throw new Error(
    count === 1 ? errors[0]! : `${errors.length} of ${count} photos were left out: ${errors[0]}${more}`,
  );
}
