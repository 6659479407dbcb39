import type { LayeredTeacher } from "../teachers/teacher.ts";
import type { Hint } from "./hint-options.ts";

/** Returns a pair for each default layer of a teacher. @throws RangeError if it has none. */
export function defaultPairs(caller: string, { layers }: LayeredTeacher): readonly Pick<Hint, "teacher">[] {
  const { defaults = [] } = layers;
  if (defaults.length > 0) return defaults.map((teacher) => ({ teacher }));
  throw new RangeError(
    `${caller}: pairs must name layers of this teacher, which has no default ones; got none`,
  );
}
