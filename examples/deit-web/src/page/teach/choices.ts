import type { Settings, Start, Teaching } from "../../session/types.ts";
import type { Option } from "../ui/choice.tsx";

/** What the student starts from, in words. */
export const STARTS: readonly Option<Start>[] = [
  {
    value: "nothing",
    label: "Nothing",
    text: "A small student that has never seen a picture. It learns fast.",
  },
  {
    value: "published",
    label: "DeiT-Ti",
    text: "A student that has seen a million photos before, in 224 pixels. Better from few photos, and slower.",
  },
];

/** What it learns from, in words. */
export const TEACHINGS: readonly Option<Teaching>[] = [
  {
    value: "none",
    label: "The pictures alone",
    text: "It is told the class of each picture, and nothing else.",
  },
  {
    value: "answers",
    label: "A teacher’s answers",
    text: "A teacher learns first. The student is told its answers too, with all their doubts.",
  },
  {
    value: "features",
    label: "A teacher’s features",
    text: "A teacher learns first. The student is shown what it sees in each part of a picture. Teaches the most to a student that starts from nothing.",
  },
];

/** Side from which DeiT-Ti's weights are of use, pixels: in much smaller pictures than those of its 224 they find nothing. */
const LEAST_PUBLISHED = 128;

/**
 * What changes with the student's start: DeiT-Ti sees too little in small pictures, and knows more than the teacher, which learns from
 * the same pictures alone.
 */
export function startedFrom(start: Start, { imageSize }: Settings): Partial<Settings> {
  if (start === "nothing") return { start };
  return { start, imageSize: Math.max(imageSize, LEAST_PUBLISHED), teaching: "none" };
}
