/** A training of the run, by the folder of its model. */
export type StageName = "teacher" | StudentStage;

/** Training of a teacher of cross-fitting, by the fold that it does not see, from 1. */
export type FoldStage = `teacher-without-fold-${number}`;

/** Training of a student. */
export type StudentStage = "student-alone" | "student-distilled" | "student-answers" | "student-features";
