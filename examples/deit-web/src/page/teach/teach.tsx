import { PartHeader } from "../ui/part-header.tsx";
import { Problem } from "../ui/problem.tsx";
import { Pictures } from "./pictures.tsx";
import { SettingsForm } from "./settings-form.tsx";
import { TrainingPanel } from "./training-panel.tsx";

/** Part 1: pictures, choices, training. */
export function Teach() {
  return (
    <section id="teach" class="part" aria-labelledby="teach-title">
      <PartHeader id="teach" number={1} title="Teach">
        Sort pictures into classes, such as <i>rose</i> and <i>tulip</i>, or <i>thumb up</i> and{" "}
        <i>thumb down</i>. The student learns to tell them apart.
      </PartHeader>
      <Pictures />
      <div class="columns learn">
        <SettingsForm />
        <div>
          <TrainingPanel />
          <Problem place="training" />
        </div>
      </div>
    </section>
  );
}
