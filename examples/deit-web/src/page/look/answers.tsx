import { useEffect, useRef } from "preact/hooks";
import type { Answer, Look, Role } from "../../session/types.ts";
import { percent } from "../ui/plain.ts";
import { LiveCamera } from "./live-camera.tsx";

/** Classes that are shown at most; the others are summed. */
const SHOWN = 8;

/** What the models answer: each class with a bar per model, the likeliest first. */
export function Answers({ look, live }: { look: Look | undefined; live: boolean }) {
  return (
    <div class="answers">
      <div class="asked">
        {live ? <LiveCamera /> : look !== undefined && <Seen image={look.image} />}
        {look !== undefined && <Verdicts look={look} />}
      </div>
      {look !== undefined && <Bars look={look} />}
    </div>
  );
}

function Bars({ look }: { look: Look }) {
  const names = look.classNames;
  const first = look.answers[0]!; // the student, once there is one
  const order = names.map((_, index) => index).sort((a, b) => first.shares[b]! - first.shares[a]!);
  const shown = order.length > SHOWN ? order.slice(0, SHOWN - 1) : order;
  const others = order.slice(shown.length);
  return (
    <table class="bars">
      <caption class="unseen">Share of each class</caption>
      <thead class="unseen">
        <tr>
          <th scope="col">Class</th>
          <th scope="col">{look.answers.map(({ role }) => role).join(" and ")}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((index) => (
          <tr key={names[index]}>
            <th scope="row">{names[index]}</th>
            <td>
              {look.answers.map(({ role, shares }) => (
                <Bar key={role} role={role} share={shares[index]!} />
              ))}
            </td>
          </tr>
        ))}
        {others.length > 0 && (
          <tr>
            <th scope="row">{others.length} others</th>
            <td>
              {look.answers.map(({ role, shares }) => (
                <Bar key={role} role={role} share={others.reduce((sum, index) => sum + shares[index]!, 0)} />
              ))}
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** The picture, as large as the models see it or larger. */
function Seen({ image }: { image: ImageData }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current!.width = image.width;
    canvas.current!.height = image.height;
    canvas.current!.getContext("2d")!.putImageData(image, 0, 0);
  }, [image]);
  return (
    <div role="img" aria-label={`The picture as the models see it, ${image.width} by ${image.height} pixels`}>
      <canvas ref={canvas} />
    </div>
  );
}

function Verdicts({ look: { answers, classNames: names } }: { look: Look }) {
  return (
    <dl class="verdicts">
      {answers.map((answer) => (
        <Verdict key={answer.role} answer={answer} names={names} />
      ))}
    </dl>
  );
}

function Verdict({ answer: { role, shares }, names }: { answer: Answer; names: readonly string[] }) {
  const best = shares.indexOf(Math.max(...shares));
  return (
    <div class={role}>
      <dt>The {role} says</dt>
      <dd>
        {names[best]} <small>{percent(shares[best]!)}</small>
      </dd>
    </div>
  );
}

function Bar({ role, share }: { role: Role; share: number }) {
  return (
    <div class={`bar ${role}`}>
      <div class="track" aria-hidden="true">
        <div style={{ transform: `scaleX(${share})` }} />
      </div>
      <span>
        <span class="unseen">{role} </span>
        {percent(share)}
      </span>
    </div>
  );
}
