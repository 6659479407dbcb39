/** Time spent in WebAssembly kernels, since the clock was made. */
export interface ModuleClock {
  /** Milliseconds inside exported functions. */
  readonly ms: number;
  /** Calls of exported functions. */
  readonly calls: number;
}

/** Exports that keep memory and tensors rather than compute: their time is the engine's. */
const ADMINISTRATION =
  /^(_?_?(malloc|free|memalign|errno_location|wasm_call_ctors)|register_tensor|dispose.*|init.*|stack.*)$/;

/**
 * Puts a clock around every exported function of the WebAssembly modules that are instantiated from now on, for good: a
 * process of its own should call this before tfjs' backend starts.
 */
export function clockModules(): ModuleClock {
  const clock = { ms: 0, calls: 0 };
  const timed = (instance: WebAssembly.Instance): WebAssembly.Instance => ({
    exports: Object.fromEntries(
      Object.entries(instance.exports).map(([name, value]) => [name, around(name, value, clock)]),
    ),
  });
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = (async (
    source: BufferSource | WebAssembly.Module,
    imports?: WebAssembly.Imports,
  ) => {
    if (source instanceof WebAssembly.Module) return timed(await instantiate(source, imports));
    const { module, instance } = await instantiate(source, imports);
    return { module, instance: timed(instance) };
  }) as typeof instantiate;
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct: (target, [module, imports]) => timed(new target(module, imports)),
  });
  return clock;
}

function around(
  name: string,
  value: WebAssembly.ExportValue,
  clock: { ms: number; calls: number },
): WebAssembly.ExportValue {
  if (typeof value !== "function" || ADMINISTRATION.test(name)) return value;
  return (...args: unknown[]) => {
    const start = performance.now();
    const result = value(...args);
    clock.ms += performance.now() - start;
    clock.calls += 1;
    return result;
  };
}
