import { render } from "preact";
import "./style/tokens.css";
import "./style/base.css";
import "./style/controls.css";
import "./style/layout.css";
import "./style/teach.css";
import "./style/curves.css";
import "./style/look.css";
import { App } from "./page/app.tsx";
import { keepOffline } from "./page/keep-offline.ts";
import { takeDrops } from "./page/state/drop.ts";
import { open } from "./page/state/open.ts";

render(<App />, document.getElementById("app")!);
takeDrops();
void open();
keepOffline();
