import { expect, test } from "vitest";
import { Interrupted, orInterrupted } from "./interrupted.ts";

test("work that is done in time resolves to its value, or rejects", async () => {
  const { signal } = new AbortController();
  expect(await orInterrupted(Promise.resolve(1), signal)).toBe(1);
  expect(await orInterrupted(Promise.resolve(2), undefined)).toBe(2);
  await expect(orInterrupted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
});

test("work that never ends is left when the run is stopped", async () => {
  const stop = new AbortController();
  const opening = orInterrupted(new Promise(() => {}), stop.signal);
  stop.abort(new Interrupted("stopped"));
  await expect(opening).rejects.toThrow(Interrupted);
  await expect(orInterrupted(Promise.resolve(1), stop.signal)).rejects.toThrow(Interrupted);
  await expect(orInterrupted(Promise.reject(new Error("late")), stop.signal)).rejects.toThrow(Interrupted);
});
