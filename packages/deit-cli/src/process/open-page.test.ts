import { resolve } from "node:path";
import { expect, test } from "vitest";
import { recorder } from "../../test/workspace.ts";
import { openPage } from "./open-page.ts";

test.each([
  ["linux", { DISPLAY: ":0" }, undefined],
  ["linux", { WAYLAND_DISPLAY: "wayland-0" }, undefined],
  ["linux", { WSL_DISTRO_NAME: "Debian" }, undefined],
  ["darwin", {}, undefined],
  ["win32", {}, undefined],
  ["linux", {}, "there is no display"],
  ["linux", { DISPLAY: "localhost:10.0", SSH_CONNECTION: "::1 1 ::1 22" }, "this is a remote shell"],
] as const)("a page on %s with %j", async (platform, env, reason) => {
  const opened: string[] = [];
  const output = recorder();
  await openPage("runs/x/report.html", output, { platform, env, open: async (path) => opened.push(path) });
  const path = resolve("runs/x/report.html");
  expect(opened).toEqual(reason === undefined ? [path] : []);
  expect(output.text()).toBe(
    reason === undefined ? "" : `--open: no browser, as ${reason}; the page is ${path}\n`,
  );
});

test("a browser that does not start is no error", async () => {
  const output = recorder();
  const desktop = {
    platform: "darwin",
    env: {},
    open: () => Promise.reject(new Error("it is not installed")),
  } as const;
  await openPage("x.html", output, desktop);
  expect(output.text()).toMatch(/^--open: no browser, as it is not installed; the page is .*x\.html\n$/);
});
