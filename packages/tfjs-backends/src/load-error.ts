/**
 * The error for an optional peer whose import failed: one line that says what to install, or why it does not load.
 *
 * The import itself stands in a `try` of its caller, with its name as a literal: by that bundlers know that the package
 * may be missing, and leave it to be found missing when the program runs.
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

/** How the message begins where a module cannot be found: Vite's and esbuild's stand-in, Chromium, Firefox, Safari. */
const NOT_FOUND = /^(Could not resolve|Failed to resolve module specifier|The specifier|Module name,) /;

/** Whether an import failed because one of these packages is not there: not because it, or what it needs, is broken. */
export function isMissing(cause: unknown, packages: readonly string[]): boolean {
  const { code, message = "" } = cause as { code?: string; message?: string };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND" && !NOT_FOUND.test(message))
    return false;
  // The first quoted name: a package that is missing in ours, not ours missing in another.
  const [, name = ""] = /["'“‘`]([^"'”’`]+)["'”’`]/.exec(message) ?? [];
  return packages.some((one) => name === one || name.startsWith(`${one}/`) || name.includes(`/${one}/`));
}
