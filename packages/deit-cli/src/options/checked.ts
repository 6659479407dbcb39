import { UsageError } from "../process/usage-error.ts";
import { kebab } from "./kebab.ts";
import { OPTION_NAMES, optionOf } from "./option-table.ts";

/**
 * Runs checks of `known-options`, whose errors begin with a value's place.
 *
 * @throws UsageError with the value's path, and the option of that path if there is one.
 */
export function checked(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const message = error.message.replace(/^[\w: ]+(?=: unknown option| must )/, (place) =>
      place.replaceAll(": ", "."),
    );
    const [, place, unknown] = /^([\w.]+)(?:: unknown option '(\w+)'| must )/.exec(message) ?? [];
    const path = unknown === undefined ? place : `${place}.${unknown}`;
    const options = OPTION_NAMES.filter((name) => `${path}.`.startsWith(`${optionOf(name).path}.`));
    const nearest = options.sort((a, b) => optionOf(b).path.length - optionOf(a).path.length)[0];
    throw new UsageError(nearest === undefined ? message : `--${kebab(nearest)}: ${message}`);
  }
}
