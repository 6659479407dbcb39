import { report } from "./problems.ts";
import { loadPictures, project } from "./project.ts";
import { becomeTheOnlyTab, opened, session } from "./session.ts";

/** Opens the project that the browser keeps. */
export async function open(): Promise<void> {
  try {
    await becomeTheOnlyTab();
    const found = await session.open();
    project.value = found.project;
    opened.value = found;
    if (found.problem !== undefined) report("training", new Error(found.problem));
    await loadPictures();
  } catch (error) {
    report("open", error);
  }
}
