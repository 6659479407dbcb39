import { UsageError } from "../process/usage-error.ts";
import type { Settings } from "../settings/settings.ts";
import type { RunRanks } from "./run-ranks.ts";

/**
 * Checks that what only several processes do has several. A run that is resumed by one keeps the setting for the next time.
 *
 * @throws UsageError naming the option.
 */
export function requireRanks({ run }: Settings, ranks: RunRanks | undefined): void {
  if (run.compression === undefined || run.resume !== undefined || ranks !== undefined) return;
  throw new UsageError(
    `--compression: expected several processes, as mpirun starts them, for ${run.compression}, got one`,
  );
}
