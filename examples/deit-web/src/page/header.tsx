import { opened } from "./state/session.ts";
import { isDark, toggleTheme } from "./state/theme.ts";
import { Icon } from "./ui/icon.tsx";
import { PatchFlower } from "./ui/patch-flower.tsx";

const PARTS = [
  { id: "teach", name: "Teach" },
  { id: "look", name: "Look" },
  { id: "take-away", name: "Take away" },
];

/** Name, sense and parts of the page. */
export function Header() {
  const dark = isDark();
  return (
    <>
      <div class="bar-top">
        <div class="inner">
          <a class="brand" href="#top">
            <PatchFlower />
            <span class="unseen">To the top</span>
          </a>
          <nav aria-label="Parts">
            {PARTS.map(({ id, name }, index) => (
              <a key={id} href={`#${id}`}>
                <span aria-hidden="true">{index + 1}</span>
                {name}
              </a>
            ))}
          </nav>
          <button
            type="button"
            class="icon-button"
            aria-pressed={dark}
            aria-label="Dark mode"
            onClick={toggleTheme}
          >
            <Icon name={dark ? "sun" : "moon"} />
          </button>
        </div>
      </div>
      <header class="hero" id="top">
        <div>
          <h1>Teach a vision transformer</h1>
          <p>
            Show it pictures and say what they are. It learns to tell them apart: here, in this tab, on your
            device. Nothing is sent anywhere.
          </p>
          <Facts />
        </div>
        <PatchFlower appears />
      </header>
    </>
  );
}

function Facts() {
  const facts = opened.value;
  if (facts === undefined) return <p class="facts" aria-hidden="true" />; // its line is kept free
  const { name, detail, workers } = facts.backend;
  return (
    <p class="facts" title={detail}>
      Computes with <b>{NAMES[name] ?? name}</b>
      {workers > 1 && ` in ${workers} Workers`}
    </p>
  );
}

const NAMES: Record<string, string> = {
  webgpu: "WebGPU on the graphics processor",
  wasm: "WebAssembly on the processor",
  webgl: "WebGL on the graphics processor",
  cpu: "plain JavaScript, which is slow",
};
