import { signal } from "@preact/signals";

/** A question before something is lost. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says that does it. */
  readonly yes: string;
}

/** The question that is asked now, and what gets the answer. */
export const question = signal<(Question & { readonly answer: (yes: boolean) => void }) | undefined>();

/** Asks in a dialog. Resolves to `false` if it is closed. */
export function ask(asked: Question): Promise<boolean> {
  question.value?.answer(false);
  return new Promise((resolve) => {
    question.value = {
      ...asked,
      answer: (yes) => {
        question.value = undefined;
        resolve(yes);
      },
    };
  });
}
