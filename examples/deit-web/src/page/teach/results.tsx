import type { ModelFigures } from "../../session/types.ts";
import { percent, whole } from "../ui/plain.ts";

/** How well the models do on pictures that they did not learn from. */
export function Results({ models }: { models: readonly ModelFigures[] }) {
  return (
    <dl class="results">
      {[...models].reverse().map(({ role, right, of, params }) => (
        <div class={role} key={role}>
          <dt>{role}</dt>
          <dd>
            {of === 0 ? (
              "No pictures were held out to test it."
            ) : (
              <>
                <b>{percent(right / of)}</b> right: {whole(right)} of {whole(of)} pictures that it did not
                learn from.
              </>
            )}{" "}
            <small>{whole(params)} numbers learned</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}
