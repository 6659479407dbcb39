/**
 * Whether this is Node. The global is asked for by name: CDNs replace the bare `process` of a module, and esm.sh's stand-in says that it
 * is Node 22.
 */
export const IN_NODE: boolean = typeof globalThis.process?.versions?.node === "string";
