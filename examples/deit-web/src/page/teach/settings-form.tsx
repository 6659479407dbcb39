import type { Settings } from "../../session/types.ts";
import { changeSettings, project } from "../state/project.ts";
import { opened } from "../state/session.ts";
import { isRunning } from "../state/training.ts";
import { Amount } from "../ui/amount.tsx";
import { Choice } from "../ui/choice.tsx";
import { counted } from "../ui/plain.ts";
import { Problem } from "../ui/problem.tsx";
import { STARTS, startedFrom, TEACHINGS } from "./choices.ts";

const SIZES = [32, 48, 64, 96, 128, 224];

/** On small screens the choices are folded: they can be left as they are. */
const isWide = matchMedia("(min-width: 64rem)").matches;

const KEPT = "A training that goes on keeps its choices. Start anew to change them.";

function inShort({ start, teaching, imageSize, epochs }: Settings): string {
  const from = TEACHINGS.find(({ value }) => value === teaching)!.label;
  const first = start === "published" ? `DeiT-Ti, ${from.charAt(0).toLowerCase()}${from.slice(1)}` : from;
  return `${first}, ${imageSize} pixels, ${counted(epochs, "epoch")}`;
}

/** Choices before the training, each with a sentence that says what it does. */
export function SettingsForm() {
  const { start, teaching, imageSize, epochs, teacherEpochs, seed } = project.value.settings;
  const unfinished = project.value.training.kind === "unfinished";
  const disabled = isRunning.value || unfinished;
  const sizes = SIZES.includes(imageSize) ? SIZES : [...SIZES, imageSize].sort((a, b) => a - b);
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <details class="all-settings" open={isWide}>
        <summary>
          <h3>How it learns</h3>
          <small>{inShort(project.value.settings)}</small>
        </summary>
        <div class="fields">
          {unfinished && <p class="hint">{KEPT}</p>}
          {opened.value?.hasPublishedWeights && (
            <Choice
              legend="The student starts from"
              name="start"
              options={STARTS}
              value={start}
              disabled={disabled}
              onChange={(value) => void changeSettings(startedFrom(value, project.value.settings))}
            />
          )}
          <Choice
            legend="The student learns from"
            name="teaching"
            options={TEACHINGS}
            value={teaching}
            disabled={disabled}
            onChange={(value) => void changeSettings({ teaching: value })}
          />
          <Choice
            legend="Size of the pictures, in pixels"
            name="size"
            inline
            options={sizes.map((size) => ({ value: String(size), label: String(size) }))}
            value={String(imageSize)}
            disabled={disabled}
            hint="What the models see of each picture. Larger shows them more, and takes longer."
            onChange={(value) => void changeSettings({ imageSize: Number(value) })}
          />
          <Amount
            label="Epochs of the student"
            hint="How many times it goes through all pictures."
            value={epochs}
            max={100}
            disabled={disabled}
            onChange={(value) => void changeSettings({ epochs: value })}
          />
          {teaching !== "none" && (
            <Amount
              label="Epochs of the teacher"
              hint="The teacher goes through them first."
              value={teacherEpochs}
              max={100}
              disabled={disabled}
              onChange={(value) => void changeSettings({ teacherEpochs: value })}
            />
          )}
          <details class="more-settings">
            <summary>More</summary>
            <label class="field">
              <span>Seed</span>
              <input
                type="number"
                min={0}
                max={2 ** 31 - 1}
                step={1}
                value={seed}
                disabled={disabled}
                onChange={({ currentTarget }) => {
                  if (currentTarget.checkValidity() && currentTarget.value !== "") {
                    void changeSettings({ seed: currentTarget.valueAsNumber });
                  } else {
                    currentTarget.value = String(seed);
                  }
                }}
              />
              <small>Chance begins from this number: the same one gives the same student again.</small>
            </label>
          </details>
        </div>
      </details>
      <Problem place="settings" />
    </form>
  );
}
