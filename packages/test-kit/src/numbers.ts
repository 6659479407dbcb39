// The part of the kit that a page can load: numbers and their comparison, without Node.

export { errorOverLargest } from "./numbers/errors.ts";
export { noise } from "./numbers/noise.ts";
export { erf } from "./numbers/normal.ts";
