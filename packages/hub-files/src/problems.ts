/** The network failed, or the hub asks to try again: neither its answer nor the disk. */
export class BrokenConnection extends Error {
  override readonly name = "BrokenConnection";
  /** Nothing answers at all: another try would not help. */
  readonly isUnreachable: boolean;
  /** Milliseconds to wait, if the server says so. */
  readonly wait: number | undefined;

  constructor(message: string, options: { isUnreachable?: boolean; wait?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.isUnreachable = options.isUnreachable ?? false;
    this.wait = options.wait;
  }
}

/** The repository has no such file. */
export class AbsentFile extends Error {
  override readonly name = "AbsentFile";
  /** Commit that has none. */
  readonly commit: string | undefined;

  constructor(message: string, commit: string | undefined) {
    super(message);
    this.commit = commit;
  }
}

/** Codes of a connection that could not be made, and of a certificate that is not trusted. */
const UNREACHABLE =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|(UNABLE_TO|CERT_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS).*)$/;

/** Returns what `fetch` or a stream of it failed with. */
export function connectionProblem(error: unknown): BrokenConnection {
  if (error instanceof BrokenConnection) return error;
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = inner as NodeJS.ErrnoException;
  const isUnreachable = code === undefined || UNREACHABLE.test(code); // without a code: fetch refuses the address
  return new BrokenConnection(message || code || String(inner), { isUnreachable, cause: error });
}
