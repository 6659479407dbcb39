import type { Curves as CurvesData } from "../../session/types.ts";
import { curves } from "../state/curves.ts";
import { running } from "../state/training.ts";
import { percent } from "../ui/plain.ts";
import { Chart } from "./chart.tsx";
import { CurvesTable } from "./curves-table.tsx";
import { type Series, seriesOf } from "./series.ts";

/** Loss and accuracy of the models while they learn. */
export function Curves() {
  const data = curves.value;
  if (data.steps.length === 0 && data.epochs.length === 0) {
    return <p class="no-curves">Curves appear here as soon as it learns.</p>;
  }
  const accuracy = seriesOf(data, "accuracy");
  const loss = seriesOf(data, "loss");
  const steps = lastStep(data);
  return (
    <div class="curves">
      <div class="charts">
        <Chart
          title="Right answers"
          series={accuracy}
          steps={steps}
          top={1}
          format={(value) => `${Math.round(value * 100)}%`}
          description={described(accuracy, percent)}
        />
        <Chart
          title="Loss: how wrong it is"
          series={loss}
          steps={steps}
          top={topOf(loss)}
          format={(value) => String(Number(value.toPrecision(3)))}
          description={described(loss, (value) => value.toFixed(2))}
        />
      </div>
      <Legend series={accuracy} />
      {loss.length === 2 && (
        <p class="hint">The student’s loss also counts how far it is from its teacher.</p>
      )}
      <CurvesTable epochs={data.epochs} />
    </div>
  );
}

function Legend({ series }: { series: readonly Series[] }) {
  const heldOut = series.some((one) => one.heldOut.length > 0);
  return (
    <ul class="legend">
      {series.map(({ role }) => (
        <li key={role} class={role}>
          <svg viewBox="0 0 24 8" aria-hidden="true">
            <path class="smooth" d="M1 4H23" />
          </svg>
          {role}
        </li>
      ))}
      <li>
        <svg viewBox="0 0 24 8" aria-hidden="true">
          <path class="raw" d="M1 6 6 2 10 6 15 2 19 6 23 3" />
        </svg>
        batch by batch
      </li>
      {heldOut && (
        <li>
          <svg viewBox="0 0 24 8" aria-hidden="true">
            <path class="held-out" d="M1 4H23" />
            <circle cx="12" cy="4" r="3" />
          </svg>
          pictures that it does not learn from
        </li>
      )}
    </ul>
  );
}

/** The last step that there is or will be, of the model with the most. */
function lastStep({ steps, epochs }: CurvesData): number {
  let last = running.value?.steps ?? 1;
  for (const { step } of steps) last = Math.max(last, step);
  for (const { step } of epochs) last = Math.max(last, step);
  return last;
}

/** Highest value of the smooth lines, with some air above. */
function topOf(series: readonly Series[]): number {
  let top = 0;
  for (const { smooth, heldOut } of series) {
    for (const [, value] of [...smooth, ...heldOut]) if (Number.isFinite(value)) top = Math.max(top, value);
  }
  return top === 0 ? 1 : top * 1.08;
}

function described(series: readonly Series[], format: (value: number) => string): string {
  return series
    .map(({ role, smooth, heldOut }) => {
      const first = smooth[0]?.[1];
      const last = smooth.at(-1)?.[1];
      const held = heldOut.at(-1)?.[1];
      const batches =
        first === undefined || last === undefined ? "" : ` from ${format(first)} to ${format(last)}`;
      return `The ${role}${batches}${held === undefined ? "" : `; ${format(held)} on pictures that it does not learn from`}.`;
    })
    .join(" ");
}
