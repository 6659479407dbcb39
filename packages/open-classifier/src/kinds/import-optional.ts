/**
 * Imports the first package of several that is installed.
 *
 * @param need - What needs it, for the error.
 * @throws Error naming the path and the packages if none is installed, or the first that is installed and fails.
 */
export async function importOptional<Module>(
  path: string,
  need: string,
  packages: readonly string[],
): Promise<Module> {
  for (const name of packages) {
    try {
      return (await import(name)) as Module;
    } catch (error) {
      if (!isAbsent(error, name))
        throw new Error(`${path}: ${need} needs ${name}, which fails: ${(error as Error).message}`, {
          cause: error,
        });
    }
  }
  throw new Error(`${path}: ${need} needs ${packages.join(" or ")}: npm install ${packages.at(-1)}`);
}

function isAbsent(error: unknown, name: string): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  const isMissing = code.includes("NOT_FOUND") || /^(could not resolve|cannot find)/i.test(message);
  return isMissing && message.includes(name);
}
