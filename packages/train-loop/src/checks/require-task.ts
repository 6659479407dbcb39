import type { Task } from "../task.ts";

const METHODS = ["prepare", "example", "train", "evaluate"] as const;

/**
 * Checks a task.
 *
 * @throws TypeError that names the first member that is missing or has the wrong type.
 */
export function requireTask(caller: string, task: Task): void {
  const refuse = (expected: string, got: unknown): never => {
    const what = Array.isArray((got as { layers?: unknown } | null)?.layers) ? "a model" : typeof got;
    throw new TypeError(
      `${caller}: task must be a Task, such as classification({ model }) of distill-trainer: expected ${expected}, got ${what}`,
    );
  };
  if (!Array.isArray(task?.model?.weights)) refuse("a task's model", task?.model ?? task);
  if (!(Number.isInteger(task.classes) && task.classes >= 1))
    refuse("classes, an integer >= 1", task.classes);
  if (!Array.isArray(task.variables)) refuse("a list of variables", task.variables);
  for (const pass of ["train", "evaluate"] as const)
    if (!Array.isArray(task.parts?.[pass])) refuse(`parts.${pass}, a list of names`, task.parts?.[pass]);
  if (typeof task.settings !== "object" || task.settings === null)
    refuse("settings, an object", task.settings);
  for (const name of METHODS) if (typeof task[name] !== "function") refuse(`the method ${name}`, task[name]);
}

/** Throws a RangeError if an outcome's parts are not those declared by its task. */
export function requireParts(
  { parts }: Task,
  training: boolean,
  found: Readonly<Record<string, unknown>>,
): void {
  const pass = training ? "train" : "evaluate";
  const [expected, got] = [[...parts[pass]].sort(), Object.keys(found).sort()];
  if (String(expected) === String(got)) return;
  throw new RangeError(
    `fit: the task's ${pass} must give the parts that it names in parts.${pass}, [${expected}], got [${got}]`,
  );
}
