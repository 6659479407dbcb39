import type { EpochPoint } from "../../session/types.ts";
import { percent } from "../ui/plain.ts";

/** The ends of all epochs as a table, for reading instead of looking. */
export function CurvesTable({ epochs }: { epochs: readonly EpochPoint[] }) {
  if (epochs.length === 0) return null;
  return (
    <details class="curves-table">
      <summary>The same as a table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Epochs">
        <table>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Epoch</th>
              <th scope="col">Loss</th>
              <th scope="col">Right</th>
              <th scope="col">Right of held-out</th>
            </tr>
          </thead>
          <tbody>
            {epochs.map((point) => (
              <tr key={`${point.role} ${point.epoch}`}>
                <td>{point.role}</td>
                <td>{point.epoch}</td>
                <td>{point.loss.toFixed(3)}</td>
                <td>{percent(point.accuracy)}</td>
                <td>{point.heldOutAccuracy === undefined ? "–" : percent(point.heldOutAccuracy)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
