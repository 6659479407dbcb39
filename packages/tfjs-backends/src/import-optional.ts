/**
 * Imports an optional peer, or throws one line that says what to install.
 *
 * @param caller - Named in the message.
 * @param load - The dynamic import itself, so that bundlers see its literal name.
 * @param install - The packages to install, in the order to type them.
 * @returns The module.
 * @throws Error if the package is not installed, or if it is and does not load (the original error is its `cause`).
 */
export async function importOptional<Module>(
  caller: string,
  load: () => Promise<Module>,
  install: readonly string[],
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const packages = install.join(" ");
    const why = isMissing(cause, install)
      ? `needs ${install.join(" and ")}, not installed here: npm install ${packages}`
      : `could not load ${packages}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new Error(`startBackend: ${caller} ${why}`, { cause });
  }
}

function isMissing(cause: unknown, install: readonly string[]): boolean {
  const { code, message = "" } = cause as { code?: string; message?: string };
  // Vite puts a module that throws this in the place of an optional peer that is not installed.
  if (install.some((name) => message.startsWith(`Could not resolve "${name}"`))) return true;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return false;
  return install.some((name) => message.includes(`'${name}'`) || message.includes(`/${name}/`));
}
