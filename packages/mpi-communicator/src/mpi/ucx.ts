import type * as Koffi from "koffi";

/** Bytes kept free at the end of the heap. */
const ROOM = 65_536;

/**
 * Keeps UCX, which MPICH and Open MPI may use for their network, from breaking what Node does. Called before the
 * library is loaded, when UCX reads its variables, and while the main thread does not extend the heap.
 *
 * UCX tries its memory hooks by `sbrk(page)` and `sbrk(-page)`. Where V8 has put the code of a worker thread right behind the heap, for
 * one process in 64, the first one fails, and the second takes a page of the heap that is in use. So pages that nobody uses are put at
 * the heap's end; where there is no room for them, the hooks (a cache of RDMA registrations) are turned off.
 *
 * UCX also takes SIGSEGV, by which V8 finds accesses outside a WASM module's memory.
 *
 * @see https://github.com/openucx/ucx/blob/master/src/ucm/mmap/install.c
 * @see https://github.com/JuliaParallel/MPI.jl/issues/337
 */
export function guardAgainstUcx(koffi: typeof Koffi): void {
  if (process.platform !== "linux") return;
  const libc = koffi.load(null);
  const sbrk = libc.func("sbrk", "intptr_t", ["intptr_t"]) as (bytes: number) => number;
  const setenv = libc.func("setenv", "int", ["str", "str", "int"]) as (
    name: string,
    value: string,
    overwrite: number,
  ) => number;
  if (Number(sbrk(ROOM)) === -1) setenv("UCX_MEM_EVENTS", "n", 1);
  setenv("UCX_ERROR_SIGNALS", "SIGILL,SIGBUS,SIGFPE", 0);
}
