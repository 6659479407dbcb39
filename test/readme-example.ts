/** The `ts` blocks of a README, in order; throws if there is none. */
export function readmeExamples(readme: string): string[] {
  const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, program]) => program!);
  if (examples.length === 0) throw new Error("readmeExamples: expected a block that starts with ```ts");
  return examples;
}

/** Packages that a README's `npm install` lines name. */
export function readmeInstalls(readme: string): string[] {
  return [...readme.matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, names]) => names!.trim().split(/\s+/));
}

/** Packages that a program imports, without their subpaths. */
export function importedPackages(program: string): string[] {
  const specifiers = [...program.matchAll(/\b(?:from|import)\s*\(?\s*"([^".][^"]*)"/g)].map(
    ([, name]) => name!,
  );
  const names = specifiers.map((name) =>
    name
      .split("/")
      .slice(0, name.startsWith("@") ? 2 : 1)
      .join("/"),
  );
  return [...new Set(names)].filter((name) => !name.startsWith("node:"));
}
