/**
 * The error for an optional peer whose import failed: one line that says what to install, or why it does not load.
 *
 * The caller imports the package in a `try`, by a literal name: bundlers take that to mean that the package may be missing,
 * and leave the failure to run time.
 *
 * @param caller - Named in the message.
 * @param cause - What the import threw.
 * @param install - The packages to install, in the order to type them.
 */
export function loadError(caller: string, cause: unknown, install: readonly string[]): Error {
  const packages = install.join(" ");
  const why = isMissing(cause, install)
    ? `needs ${install.join(" and ")}, not installed here: npm install ${packages}`
    : `could not load ${packages}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new Error(`startBackend: ${caller} ${why}`, { cause });
}

/** Beginnings of messages for a missing module: Vite's and esbuild's stand-in, Chromium, Firefox, Safari. */
const NOT_FOUND = /^(Could not resolve|Failed to resolve module specifier|The specifier|Module name,) /;

/** Whether an import failed because one of these packages is missing, not because it or one of its own imports is broken. */
export function isMissing(cause: unknown, packages: readonly string[]): boolean {
  const { code, message = "" } = cause as { code?: string; message?: string };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND" && !NOT_FOUND.test(message))
    return false;
  // The first quoted name: a package that is missing in ours, not ours missing in another.
  const [, name = ""] = /["'“‘`]([^"'”’`]+)["'”’`]/.exec(message) ?? [];
  return packages.some((one) => name === one || name.startsWith(`${one}/`) || name.includes(`/${one}/`));
}
