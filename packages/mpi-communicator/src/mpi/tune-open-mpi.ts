/** What Open MPI is told by default, as by `mpirun --mca name value`, which takes precedence. */
const PARAMETERS = {
  /** A rank that waits polls. It gives way to threads that compute: ranks with replicas, or more ranks than cores. */
  mpi_yield_when_idle: "1",
  /**
   * Bytes that TCP sends at a time. By default a long message is one piece, behind which the other direction's requests wait in
   * the same connection, so that a sum uses each direction of the wire half of the time.
   */
  btl_tcp_rdma_pipeline_frag_size: "262144",
};

/** Sets Open MPI's parameters in the environment that `MPI_Init` reads, where they are not set. For the main thread. */
export function tuneOpenMpi(env: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(PARAMETERS)) env[`OMPI_MCA_${name}`] ??= value;
}
