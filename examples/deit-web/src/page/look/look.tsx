import type { Look as Seen } from "../../session/types.ts";
import { cameraUser } from "../state/camera.ts";
import { dropTarget } from "../state/drop.ts";
import { chosen, seen } from "../state/look.ts";
import { hasModel } from "../state/training.ts";
import { PartHeader } from "../ui/part-header.tsx";
import { Problem } from "../ui/problem.tsx";
import { Answers } from "./answers.tsx";
import { AttentionMap } from "./attention-map.tsx";
import { EffectsMap } from "./effects-map.tsx";
import { Picker } from "./picker.tsx";

/** Part 2: what the models see in a picture. */
export function Look() {
  const look = seen.value;
  const live = cameraUser.value === "look";
  return (
    <section
      id="look"
      class={`part ${dropTarget.value === "look" ? "is-target" : ""}`}
      aria-labelledby="look-title"
      data-drop="look"
    >
      <PartHeader id="look" number={2} title="Look">
        Show it a picture that it does not know. See what it answers, and which parts of the picture its
        answer comes from.
      </PartHeader>
      {hasModel.value ? (
        <>
          <Picker />
          <Problem place="look" />
          {look === undefined && !live ? (
            <p class="blank">
              {chosen.value === undefined ? "Choose a picture, or drop one here." : "Looking"}
            </p>
          ) : (
            <div class="columns looking">
              <Answers look={look} live={live} />
              {look !== undefined && <Maps look={look} />}
            </div>
          )}
        </>
      ) : (
        <p class="blank">
          Nothing has been learned yet. <a href="#teach">Teach it first</a>: you can look while it learns.
        </p>
      )}
    </section>
  );
}

function Maps({ look }: { look: Seen }) {
  if (look.rollout.length === 0) {
    return (
      <p class="blank">
        Where it looks can be seen as soon as the student learns: its teacher has no attention.
      </p>
    );
  }
  return (
    <div class="maps">
      <AttentionMap look={look} />
      <EffectsMap look={look} />
    </div>
  );
}
