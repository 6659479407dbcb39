export type { Page } from "playwright-core";
export { bundled } from "./browser/bundle.ts";
export { findChromium } from "./browser/chromium.ts";
export { type Chromium, type LaunchOptions, launchChromium } from "./browser/launch.ts";
export { type PageOptions, resultOfPage } from "./browser/result-of-page.ts";
export { type PageServer, type ServedPages, servePages } from "./browser/serve.ts";
