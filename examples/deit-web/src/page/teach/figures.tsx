import type { Running } from "../state/training.ts";
import { duration, whole } from "../ui/plain.ts";

/** What happens now, in figures. */
export function Figures({ now }: { now: Running }) {
  return (
    <dl class="figures">
      <div>
        <dt>Step</dt>
        <dd>
          {now.role === undefined ? "–" : whole(now.step)}
          {now.steps > 0 && <small> of {whole(now.steps)}</small>}
        </dd>
      </div>
      <div>
        <dt>Pictures a second</dt>
        <dd>{now.imagesPerSecond === undefined ? "–" : whole(now.imagesPerSecond)}</dd>
      </div>
      <div>
        <dt>Time left{now.role === "teacher" && ", teacher"}</dt>
        <dd>{now.secondsLeft === undefined ? "–" : duration(now.secondsLeft)}</dd>
      </div>
      <div>
        <dt>Saved</dt>
        <dd>{now.saved === undefined ? "–" : `step ${whole(now.saved)}`}</dd>
      </div>
    </dl>
  );
}
