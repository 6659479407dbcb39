import { BrokenConnection, connectionProblem } from "./problems.ts";

/** What a request needs beside its address. */
export interface RequestOptions {
  readonly method: "HEAD" | "GET";
  readonly headers: Readonly<Record<string, string>>;
  /** Whether to follow redirects; another host does not get the authorization. */
  readonly follow: boolean;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** An answer, and a way to tell that it is alive. */
export interface Answer {
  readonly response: Response;
  /** Reads the body, piece by piece. @throws BrokenConnection if it is cut, or silent for too long. */
  pieces(): AsyncGenerator<Uint8Array>;
  /** Ends the connection. */
  close(): void;
}

const AGAIN = [408, 429, 500, 502, 503, 504];
/** Longest wait that a server may ask for. */
const LONGEST_WAIT = 60_000;

/**
 * Makes a request that ends when the server is silent.
 *
 * @throws BrokenConnection if there is no answer, or one that asks to try again. The signal's reason if it is aborted.
 */
export async function request(address: string, options: RequestOptions): Promise<Answer> {
  const { method, headers, follow, timeout, signal } = options;
  const silence = new AbortController();
  const tooLong = () => silence.abort(new BrokenConnection(`there was no byte for ${timeout / 1000} s`));
  let timer = setTimeout(tooLong, timeout);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(tooLong, timeout);
  };
  const close = () => {
    clearTimeout(timer);
    silence.abort();
  };
  const problem = (error: unknown): unknown => {
    close();
    return signal?.aborted ? signal.reason : connectionProblem(error);
  };
  const response = await fetch(address, {
    method,
    headers: { ...headers, "accept-encoding": "identity" },
    redirect: follow ? "follow" : "manual",
    signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
  }).catch((error: unknown) => {
    throw problem(error);
  });
  heard();
  if (AGAIN.includes(response.status)) {
    close();
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    const wait = seconds >= 0 ? { wait: Math.min(seconds * 1000, LONGEST_WAIT) } : {};
    throw new BrokenConnection(`the server answered with status ${response.status}`, wait);
  }
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of response.body ?? []) {
        heard();
        yield piece as Uint8Array;
      }
    } catch (error) {
      throw problem(error);
    } finally {
      close();
    }
  }
  return { response, pieces, close };
}
