import type { ComponentChildren } from "preact";
import { dropTarget, freeName } from "../state/drop.ts";
import { addClass, addDrawnFlowers, adding } from "../state/project.ts";
import { FileButton } from "../ui/file-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { addFolder } from "./pictures.tsx";

/** What there is before the first picture: three ways to begin, one of which needs nothing. */
export function EmptyPictures({ count }: { count: number }) {
  const disabled = adding.value !== undefined;
  return (
    <div class={`empty ${dropTarget.value === undefined ? "" : "is-target"}`} data-drop="new">
      <h3>{dropTarget.value === undefined ? "Three ways to begin" : "Drop them here"}</h3>
      <ul>
        <Way
          title="Drawn flowers"
          text={`The page draws ${count} pictures of five kinds. Start at once, with nothing of your own.`}
        >
          <button
            type="button"
            class="button primary"
            disabled={disabled}
            onClick={() => void addDrawnFlowers(count)}
          >
            <Icon name="flower" />
            Draw flowers
          </button>
        </Way>
        <Way
          title="Your photos"
          text="Drop photos or a folder anywhere on this page. Each folder in it becomes a class."
        >
          <FileButton icon="folder" label="Choose a folder" folder disabled={disabled} onFiles={addFolder} />
        </Way>
        <Way
          title="Your webcam"
          text="Make a class, such as thumb up, and record it while you hold a button. Then a second one."
        >
          <button type="button" class="button" disabled={disabled} onClick={() => void addClass(freeName())}>
            <Icon name="add" />
            Make a class
          </button>
        </Way>
      </ul>
    </div>
  );
}

function Way({ title, text, children }: { title: string; text: string; children: ComponentChildren }) {
  return (
    <li>
      <h4>{title}</h4>
      <p>{text}</p>
      {children}
    </li>
  );
}
