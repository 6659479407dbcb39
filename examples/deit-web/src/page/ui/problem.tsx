import { dismiss, type Place, problems } from "../state/problems.ts";
import { Icon } from "./icon.tsx";

/** Says what failed at a place of the page. */
export function Problem({ place }: { place: Place }) {
  const text = problems.value.get(place);
  return (
    <div role="alert">
      {text !== undefined && (
        <div class="note problem">
          <Icon name="warning" />
          <p>{text}</p>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismiss(place)}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
