import { useMemo } from "preact/hooks";
import type { Look, PatchEffects } from "../../session/types.ts";
import { cameraUser } from "../state/camera.ts";
import { coveredPatches, effects, findEffects, findingEffects, opacity } from "../state/look.ts";
import { Icon } from "../ui/icon.tsx";
import { EFFECT_GRADIENT, effectColor } from "./color-scales.ts";
import { Legend } from "./legend.tsx";
import { MapPicture } from "./map-picture.tsx";
import { whereHighest } from "./where.ts";

/** Which patches decide: how the answer changes when each is covered. */
export function EffectsMap({ look }: { look: Look }) {
  const found = effects.value;
  const most = found === undefined ? 0 : Math.max(...[...found.falls].map(Math.abs), 1e-6);
  const patches = useMemo(
    () => (found === undefined ? undefined : [...found.falls].map((fall) => effectColor(fall / most))),
    [found, most],
  );
  const name = found?.className ?? "";
  return (
    <figure class="map-figure">
      <figcaption>
        <h3>Which patches decide</h3>
        <p>
          Each patch is covered in turn. Orange ones speak for the student’s answer, blue ones against it.
        </p>
      </figcaption>
      <MapPicture
        image={look.image}
        grid={found?.grid ?? look.grid}
        patches={patches}
        opacity={opacity.value}
        description={
          found === undefined
            ? "The picture, without a map yet."
            : `The picture in patches. ${strongest(found, name)}`
        }
      />
      {found === undefined ? (
        <button
          type="button"
          class="button"
          disabled={findingEffects.value || cameraUser.value === "look"}
          onClick={() => void findEffects()}
        >
          <Icon name="eye" />
          {findingEffects.value ? covering() : "Find out"}
        </button>
      ) : (
        <>
          <Legend gradient={EFFECT_GRADIENT} from={`against ${name}`} to={`for ${name}`} />
          <p class="hint">{strongest(found, name)}</p>
        </>
      )}
      {cameraUser.value === "look" && <p class="hint">Stop the webcam to find out for its last picture.</p>}
    </figure>
  );
}

function covering(): string {
  const [done, of] = coveredPatches.value ?? [];
  return done === undefined ? "Covering patches" : `Covered ${done} of ${of} patches`;
}

/** What the patch with the largest effect does, in a sentence. */
function strongest({ falls, grid: [rows, columns] }: PatchEffects, name: string): string {
  const fall = Math.max(...falls);
  if (fall <= 0) return `No single patch decides: ${name} stays as likely without any of them.`;
  const points = (fall * 100).toFixed(fall < 0.1 ? 1 : 0);
  return `The strongest patch is ${whereHighest(falls, rows, columns)}: without it, the share of ${name} falls by ${points} points.`;
}
