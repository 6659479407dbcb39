// Of the kit, what a page can load too: numbers and their comparison, nothing of Node.

export { errorOverLargest } from "./numbers/errors.ts";
export { noise } from "./numbers/noise.ts";
export { erf } from "./numbers/normal.ts";
