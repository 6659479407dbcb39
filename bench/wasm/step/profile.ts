import * as tf from "@tensorflow/tfjs-core";
import { figure } from "../../figure.ts";
import type { KernelTime, Profile } from "../../profile.ts";
import { table } from "../../table.ts";
import { kernelWork } from "./kernel-work.ts";

/** Runs `step` a few times with a clock around every kernel of the current backend, and keeps the fastest. */
export function profile(title: string, batch: number, step: () => void, rounds: number): Profile {
  step();
  let fastest = profileOnce(title, batch, step);
  for (let i = 1; i < rounds; i++) {
    const next = profileOnce(title, batch, step);
    if (next.totalMs < fastest.totalMs) fastest = next;
  }
  return fastest;
}

function profileOnce(title: string, batch: number, step: () => void): Profile {
  const sums = new Map<string, { calls: number; ms: number; flops: number; bytes: number }>();
  const unwrap = wrapKernels((name, ms, inputs, attrs, outputs) => {
    const { flops, bytes } = kernelWork(name, inputs, attrs, outputs);
    const sum = sums.get(name) ?? { calls: 0, ms: 0, flops: 0, bytes: 0 };
    sums.set(name, {
      calls: sum.calls + 1,
      ms: sum.ms + ms,
      flops: sum.flops + flops,
      bytes: sum.bytes + bytes,
    });
  });
  let totalMs: number;
  try {
    const start = performance.now();
    step();
    totalMs = performance.now() - start;
  } finally {
    unwrap();
  }
  const kernels = [...sums].map(([name, { calls, ms, flops, bytes }]) => ({
    name,
    calls,
    ms,
    gigaflops: flops / 1e9,
    gigabytes: bytes / 1e9,
  }));
  return { title, batch, totalMs, kernels: kernels.sort((x, y) => y.ms - x.ms) };
}

type OnCall = (
  name: string,
  ms: number,
  inputs: Parameters<typeof kernelWork>[1],
  attrs: Parameters<typeof kernelWork>[2],
  outputs: tf.TensorInfo[],
) => void;

/** @returns A function that puts the kernels back as they were. */
function wrapKernels(onCall: OnCall): () => void {
  const configs = tf.getKernelsForBackend(tf.getBackend());
  const replace = (config: tf.KernelConfig) => {
    tf.unregisterKernel(config.kernelName, config.backendName);
    tf.registerKernel(config);
  };
  for (const config of configs) {
    replace({
      ...config,
      kernelFunc: (call) => {
        const start = performance.now();
        const result = config.kernelFunc(call);
        const ms = performance.now() - start;
        const outputs = [result].flat() as tf.TensorInfo[];
        const inputs = call.inputs as Parameters<OnCall>[2]; // some kernels take lists, whatever the type says
        onCall(config.kernelName, ms, inputs, call.attrs ?? {}, outputs);
        return result;
      },
    });
  }
  return () => {
    for (const config of configs) replace(config);
  };
}

/** Milliseconds of an image in kernels with matrix products, in other kernels, and outside of all kernels. */
function shares({ batch, totalMs, kernels }: Profile): {
  products: number;
  others: number;
  outside: number;
} {
  const sum = (chosen: readonly KernelTime[]) => chosen.reduce((ms, kernel) => ms + kernel.ms, 0) / batch;
  const products = sum(kernels.filter(({ gigaflops }) => gigaflops > 0));
  const others = sum(kernels.filter(({ gigaflops }) => gigaflops === 0));
  return { products, others, outside: totalMs / batch - products - others };
}

/** Kernels with a smaller share of the step are shown as one line. */
const SMALL = 1e-3;

/** A profile as Markdown. */
export function profileText(profile: Profile): string {
  const { batch, totalMs, kernels } = profile;
  const { products, others, outside } = shares(profile);
  const percent = (ms: number) => `${((100 * ms) / totalMs).toFixed(1)}%`;
  const small = kernels.filter(({ ms }) => ms < SMALL * totalMs);
  const lines = kernels
    .slice(0, kernels.length - small.length)
    .map(({ name, calls, ms, gigaflops, gigabytes }) => [
      name,
      figure(calls),
      ms.toFixed(1),
      gigaflops > 0
        ? `${figure(gigaflops / (ms / 1e3))} GFLOP/s`
        : gigabytes > 0
          ? `${figure(gigabytes / (ms / 1e3))} GB/s`
          : "–",
      percent(ms),
    ]);
  if (small.length > 0) {
    const calls = small.reduce((sum, kernel) => sum + kernel.calls, 0);
    const ms = small.reduce((sum, kernel) => sum + kernel.ms, 0);
    lines.push([`${small.length} more`, figure(calls), ms.toFixed(1), "–", percent(ms)]);
  }
  const rest = outside * batch;
  lines.push(["outside of kernels (JavaScript)", "–", rest.toFixed(1), "–", percent(rest)]);
  return `${table("lrrrr", ["kernel", "calls", "ms", "speed", "share"], lines)}

${(totalMs / batch).toFixed(1)} ms an image: ${products.toFixed(1)} in kernels with matrix products, ${others.toFixed(1)} in other
kernels, ${outside.toFixed(1)} outside of kernels.`;
}
