import { type Check, check } from "known-options";

/** Checks that a value is a `Communicator`. */
export const COMMUNICATOR: Check = check(
  "a Communicator { rank, size, allreduce, broadcast, barrier }",
  (value) => {
    const one = (value ?? {}) as Record<string, unknown>;
    const [rank, size] = [Number(one.rank), Number(one.size)];
    const isPlace = Number.isInteger(rank) && Number.isInteger(size) && rank >= 0 && rank < size;
    return isPlace && ["allreduce", "broadcast", "barrier"].every((name) => typeof one[name] === "function");
  },
);
