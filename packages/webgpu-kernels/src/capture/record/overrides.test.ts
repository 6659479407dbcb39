import { expect, test } from "vitest";
import { Overrides } from "./overrides.ts";

class Counter {
  name(): string {
    return "class";
  }
}

test("methods of an object and of its class are put back as they were, in reverse order", () => {
  const [own, inherited] = [new Counter(), new Counter()];
  own.name = () => "own";
  const overrides = new Overrides();
  overrides.put(own, { name: () => "first" });
  overrides.put(own, { name: () => "second" });
  overrides.put(inherited, { name: () => "third" });
  expect([own.name(), inherited.name()]).toEqual(["second", "third"]);
  overrides.restore();
  overrides.restore();
  expect([own.name(), inherited.name()]).toEqual(["own", "class"]);
  expect(Object.keys(inherited)).toEqual([]);
});

test("they may be put again", () => {
  const counter = new Counter();
  const overrides = new Overrides();
  for (const name of ["one", "two"]) {
    overrides.put(counter, { name: () => name });
    expect(counter.name()).toBe(name);
    overrides.restore();
    expect(counter.name()).toBe("class");
  }
});
