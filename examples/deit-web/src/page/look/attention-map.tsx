import { useMemo } from "preact/hooks";
import type { Look } from "../../session/types.ts";
import { blocks, opacity } from "../state/look.ts";
import { Slider } from "../ui/slider.tsx";
import { ATTENTION_GRADIENT, attentionColor } from "./color-scales.ts";
import { Legend } from "./legend.tsx";
import { MapPicture } from "./map-picture.tsx";
import { whereHighest } from "./where.ts";

/** Where the student looks: the attention of its class token, block by block. */
export function AttentionMap({ look }: { look: Look }) {
  const depth = look.rollout.length;
  const through = Math.min(blocks.value ?? depth, depth);
  const rollout = look.rollout[through - 1];
  const patches = useMemo(() => {
    if (rollout === undefined) return undefined;
    const most = Math.max(...rollout, 1e-12);
    return [...rollout].map((value) => ({ color: attentionColor(value / most), alpha: 1 }));
  }, [rollout]);
  const where = rollout === undefined ? "" : ` It looks most ${whereHighest(rollout, ...look.grid)}.`;
  return (
    <figure class="map-figure">
      <figcaption>
        <h3>Where it looks</h3>
        <p>The student sees a picture as patches. Lighter patches got more of its attention.</p>
      </figcaption>
      <MapPicture
        image={look.image}
        grid={look.grid}
        patches={patches}
        opacity={opacity.value}
        description={`The picture in ${look.grid[0]} by ${look.grid[1]} patches, colored by attention.${where}`}
      />
      <Legend gradient={ATTENTION_GRADIENT} from="little" to="most attention" />
      <div class="sliders">
        <Slider
          label="Block"
          min={1}
          max={Math.max(1, depth)}
          value={through}
          shown={`${through} of ${depth}`}
          onInput={(value) => {
            blocks.value = value === depth ? undefined : value;
          }}
        />
        <Slider
          label="Opacity"
          min={0}
          max={100}
          value={Math.round(opacity.value * 100)}
          shown={`${Math.round(opacity.value * 100)}%`}
          onInput={(value) => {
            opacity.value = value / 100;
          }}
        />
      </div>
    </figure>
  );
}
