/** Whether this is Node: bundlers give pages a `process` too, with next to nothing in it. */
export const IN_NODE: boolean = typeof process !== "undefined" && typeof process.versions?.node === "string";
