// The Worker that computes.
export {};
