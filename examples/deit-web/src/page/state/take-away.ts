import { signal } from "@preact/signals";
import { announce } from "./announce.ts";
import { ask } from "./ask.ts";
import { lookAnew } from "./look.ts";
import { attempt } from "./problems.ts";
import { loadPictures, project, total } from "./project.ts";
import { session } from "./session.ts";

/** Whether the Worker packs or opens a file. */
export const packing = signal<"out" | "in" | undefined>();

/** Size of the file that was downloaded last, bytes. */
export const taken = signal<number | undefined>();

/** What was opened last. */
export const brought = signal<string | undefined>();

/** Downloads the student for other programs. */
export async function takeAway(): Promise<void> {
  packing.value = "out";
  const zip = await attempt("takeAway", () => session.takeAway());
  packing.value = undefined;
  if (zip === undefined) return;
  const url = URL.createObjectURL(zip);
  const link = document.createElement("a");
  link.href = url;
  link.download = "student.zip";
  link.click();
  // The download reads it after this call.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  taken.value = zip.size;
  announce("The student is downloaded.");
}

/** Opens a file that was downloaded here. */
export async function bringBack(file: File): Promise<void> {
  const replaces = total.value > 0 || project.value.training.kind !== "none";
  const agreed =
    !replaces ||
    (await ask({
      title: `Open ${file.name}?`,
      text: "Its student and choices take the place of what was learned here. Your pictures stay.",
      yes: "Open it",
    }));
  if (!agreed) return;
  packing.value = "in";
  const changed = await attempt("takeAway", () => session.bringBack(file));
  packing.value = undefined;
  if (changed === undefined) return;
  project.value = changed;
  lookAnew();
  await loadPictures();
  brought.value = file.name;
  announce(`${file.name} is open: its student answers now.`);
}
