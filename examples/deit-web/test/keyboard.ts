// A page that is used with the keyboard alone.
import type { Page } from "playwright-core";

/** What has the focus. */
interface Focused {
  /** Its role's name, as screen readers say it, or its text. */
  readonly name: string;
  /** Whether a ring around it or its label shows that it has the focus. */
  readonly visible: boolean;
}

/** What has the focus now. */
function focused(page: Page): Promise<Focused> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const label = element.closest("label") ?? (element as HTMLInputElement).labels?.[0];
    const hasRing = (one: Element | null | undefined) =>
      one !== null && one !== undefined && getComputedStyle(one).outlineStyle !== "none";
    const name = element.ariaLabel ?? (label ?? element).textContent ?? "";
    return { name: name.trim(), visible: hasRing(element) || hasRing(element.closest("label")) };
  });
}

/**
 * Presses Tab until an element has the focus.
 *
 * @throws Error if there is none before the page's end, or one on the way has the focus and does not show it.
 */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    if (!now.visible && now.name !== "")
      throw new Error(`'${now.name.slice(0, 40)}' does not show its focus`);
    if (typeof name === "string" ? now.name === name : name.test(now.name)) return;
    passed.push(now.name.slice(0, 40));
  }
  throw new Error(`no '${name}' by Tab, after ${passed.join(" | ")}`);
}
