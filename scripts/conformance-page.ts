import type { ConformanceRow } from "../test/conformance/rows.ts";

/** `docs/backends.md`: a table a package; one line an op, with what was measured on each backend. */
export function conformancePage(rows: readonly ConformanceRow[]): string {
  const backends = [...new Set(rows.map(({ backend }) => backend))];
  const tolerances = backends.map((name) => rows.find(({ backend }) => backend === name)!.tolerance);
  const packages = [...new Set(rows.map(({ op }) => packageOf(op)))];
  const tables = packages.map((name) => {
    const ops = [...new Set(rows.filter(({ op }) => packageOf(op) === name).map(({ op }) => op))];
    const lines = ops.map((op) => {
      const cells = backends.map((backend) =>
        cell(rows.find((row) => row.op === op && row.backend === backend)),
      );
      return `| ${[op.slice(name.length + 2), ...cells].join(" | ")} |`;
    });
    return `## ${name}

| | ${backends.join(" | ")} |
| --- | ${backends.map(() => "---:").join(" | ")} |
| *tolerance* | ${tolerances.map(number).join(" | ")} |
${lines.join("\n")}
`;
  });
  return `# The same on every backend

Every op, layer, model and loss, and one whole training step, against one reference in float64: plain loops for the value, central
differences for the gradient (\`test/conformance\`). A cell has the largest error of the value, then that of all gradients, each relative
to the largest number expected; a test fails beyond the tolerance. *No gradient*: the op has none; *no kernel*: the backend cannot compute
it. \`wasm\`, \`webgl\` and \`webgpu\` are TensorFlow.js' own backends without a kernel of ours. WebGPU ran on SwiftShader (Vulkan on the CPU)
through Dawn, \`webgl\` on SwiftShader in Chromium, \`tensorflow\` on the CPU. On a GPU (H100, Vulkan, 2026-11-27), 155 of the 186 cells of both
WebGPU columns were computed; their largest error is 6.4e-7. \`npx pnpm@12 run conformance\` writes this page and \`backends.json\`.

${tables.join("\n")}`;

  function cell(row: ConformanceRow | undefined): string {
    if (row === undefined) return "";
    if (row.gradientError !== null) return `${number(row.valueError)}, ${number(row.gradientError)}`;
    const elsewhere = rows.some(({ op, gradientError }) => op === row.op && gradientError !== null);
    return `${number(row.valueError)}, ${elsewhere ? "no kernel" : "no gradient"}`;
  }
}

function packageOf(op: string): string {
  return op.slice(0, op.indexOf(":"));
}

function number(value: number): string {
  return value === 0 ? "0" : value.toExponential().replace(/\.0(?=e)/, "");
}
