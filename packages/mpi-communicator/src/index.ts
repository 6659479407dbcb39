export type { MpiCommunicator } from "./communicator.ts";
export { type MpiOptions, mpiCommunicator } from "./mpi-communicator.ts";
