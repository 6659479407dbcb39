import { closeSync, ftruncateSync, openSync, unlinkSync } from "node:fs";
import koffi from "koffi";
import type { Communicator } from "train-loop";

const FOLDER = "/dev/shm";
const READ_AND_WRITE = 3;
const SHARED = 1;

/** Maps memory that two processes of a machine share; rank 0 names it, by its process. */
export async function sharedSegment(communicator: Communicator, bytes: number): Promise<ArrayBuffer> {
  const owner = Int32Array.of(process.pid);
  await communicator.broadcast(owner, 0);
  const path = `${FOLDER}/bench-distributed-${owner[0]}`;
  if (communicator.rank === 0) ftruncateSync(openSync(path, "w+"), bytes);
  await communicator.barrier();
  const file = openSync(path, "r+");
  const map = koffi
    .load("libc.so.6")
    .func("void *mmap(void *at, size_t length, int protection, int flags, int file, int64_t offset)");
  const segment = koffi.view(map(null, bytes, READ_AND_WRITE, SHARED, file, 0), bytes);
  closeSync(file);
  await communicator.barrier();
  if (communicator.rank === 0) unlinkSync(path);
  return segment;
}
