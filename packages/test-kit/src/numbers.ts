// Of the kit, what a page can load too: numbers and their comparison, nothing of Node.

export { errorOverLargest } from "./errors.ts";
export { noise } from "./noise.ts";
export { erf } from "./normal.ts";
