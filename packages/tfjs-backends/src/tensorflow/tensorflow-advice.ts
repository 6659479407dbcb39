/**
 * The reason why a package of TensorFlow did not load, and the remedy.
 *
 * @param name - `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`.
 * @returns `"not installed"` if it is missing.
 */
export function tensorFlowAdvice(name: string, error: Error): string {
  if (error.message.includes("not installed here")) return "not installed";
  const command = `npx tfjs-backends install-tensorflow${name.endsWith("-gpu") ? " --gpu" : ""}`;
  const because = (missing: string, todo = `${command} makes it work`): string =>
    `startBackend: backend 'tensorflow' of ${name} expected ${missing}: ${todo}`;

  const { message } = (error.cause ?? error) as Error;
  if (/native addon module/.test(message)) {
    return because("its native binding, which was not built or downloaded");
  }
  const library = /(\S+\.so(\.\d+)*): cannot open shared object file/.exec(message)?.[1];
  if (library !== undefined && /^libtensorflow/.test(library)) {
    return because(`TensorFlow's library ${library}, which is not where the binding looks`);
  }
  if (library !== undefined && /^lib(cu|nv|nccl)/.test(library)) {
    return because(
      `CUDA's library ${library}`,
      library === "libcuda.so.1" ? "it comes with NVIDIA's driver" : `${command} brings it`,
    );
  }
  if (library !== undefined) return because(`the system's library ${library}`, "install its package");
  return because("to load, and it did not", `${message.split("\n")[0]} (${command} rebuilds it)`);
}
