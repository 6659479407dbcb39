import { expect, test } from "vitest";
import { RunMeter } from "../index.ts";

test("images a second, the share of waiting and the time left come from the steps' own figures", () => {
  const meter = new RunMeter();
  expect([meter.imagesPerSecond, meter.waitingShare, meter.secondsFor(3, 1)]).toEqual([0, 0, undefined]);
  meter.add({ size: 32, waitSeconds: 1, computeSeconds: 3 });
  meter.add({ size: 8, waitSeconds: 0, computeSeconds: 1 });
  expect(meter.steps).toBe(2);
  expect(meter.imagesPerSecond).toBe(8);
  expect(meter.waitingShare).toBe(0.2);
  expect(meter.secondsFor(3, 10)).toBe(15); // validation and checkpoints took the other five seconds
});
