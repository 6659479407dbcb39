/** The part of Node's `node:v8` that sets flags in a running process. */
interface V8 {
  setFlagsFromString(flags: string): void;
}

/** Flags of V8 and their defaults in Node. */
const DEFAULTS = {
  "freeze-flags-after-init": false, // if on, setting a flag aborts the process
  "experimental-wasm-revectorize": false,
  liftoff: true,
  "wasm-lazy-compilation": true,
  "wasm-tier-up": true,
  "wasm-inlining": true,
} as const;

type Flag = keyof typeof DEFAULTS;

/**
 * Runs `compile` under V8 flags, then puts back what the process was started with. V8 reads flags when it compiles, so
 * nothing else is affected, unless another thread compiles WebAssembly in the meantime.
 */
export function underFlags<T>(v8: V8, flags: Partial<Record<Flag, boolean>>, compile: () => T): T {
  const set = (flag: string, isOn: boolean) => v8.setFlagsFromString(isOn ? `--${flag}` : `--no-${flag}`);
  const entries = Object.entries(flags) as [Flag, boolean][];
  try {
    for (const [flag, isOn] of entries) set(flag, isOn);
    return compile();
  } finally {
    for (const [flag] of entries) set(flag, wasStartedWith(flag));
  }
}

/** Whether V8 lets a running process set flags. */
export function canSetFlags(): boolean {
  return !wasStartedWith("freeze-flags-after-init");
}

/** A flag's value on the command line (`--no-liftoff`, `--noliftoff`, `--wasm_tier_up`), the last one counting. */
function wasStartedWith(flag: Flag): boolean {
  const given = `${process.env?.NODE_OPTIONS ?? ""} ${process.execArgv?.join(" ") ?? ""}`
    .split(/\s+/)
    .map((option) => option.replaceAll("_", "-"))
    .findLast((option) => [`--${flag}`, `--no-${flag}`, `--no${flag}`].includes(option));
  return given === undefined ? DEFAULTS[flag] : given === `--${flag}`;
}
