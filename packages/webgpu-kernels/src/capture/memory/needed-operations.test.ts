import { expect, test } from "vitest";
import { neededOperations } from "./needed-operations.ts";
import { type Operation, Storage } from "./storage.ts";

const [x, y, z, beside, unused] = Array.from({ length: 5 }, () => new Storage("temporary", 4)) as [
  Storage,
  Storage,
  Storage,
  Storage,
  Storage,
];
const weight = new Storage("outside", 4, { dataId: {} });

function operation(name: string, storages: Storage[], writes = 1): Operation {
  const pipeline = { getBindGroupLayout: () => ({}) };
  return { name, storages, writes, pipeline, uniforms: new Uint8Array(0), live: [], grid: [1, 1, 1] };
}

test("keeps what outputs and tensors from outside depend on, all writers included", () => {
  const operations = [
    operation("fill", [y]),
    operation("nothing", [unused, x]),
    operation("make x", [x, weight]),
    operation("add into y", [y, x]),
    operation("z and another", [beside, z, y], 2),
    operation("update", [weight, z]),
  ];
  const names = (needed: Storage[]) => neededOperations(operations, needed).map(({ name }) => name);
  expect(names([])).toEqual(["fill", "make x", "add into y", "z and another", "update"]);
  const withoutUpdate = neededOperations(operations.slice(0, -1), [x]);
  expect(withoutUpdate.map(({ name }) => name)).toEqual(["make x"]);
});
