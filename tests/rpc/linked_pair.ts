/** Two ends of a conversation in one process, and what tests of them need. */
import {
  type CallHandler,
  Connection,
  type ConnectionOptions,
  DEFAULT_MAX_BYTES,
  type Frame,
  FrameDecoder,
} from "../../src/rpc/mod.ts";

/** What near calls. */
export const TARGET = 7;

/** Two ends linked in memory, and what went between them. */
export interface Pair {
  near: Connection;
  far: Connection;
  /** Frames from near to far. */
  sent: Uint8Array[];
  /** Frames from far to near. */
  answered: Uint8Array[];
}

/** How a pair is made. */
export interface PairOptions {
  /** Answers near's calls to {@linkcode TARGET}. */
  handler?: CallHandler;
  near?: Partial<ConnectionOptions>;
  far?: Partial<ConnectionOptions>;
  /** Cuts each frame on its way. */
  cut?: (frame: Uint8Array) => Uint8Array[];
}

export function link(
  { handler, near: nearOptions, far: farOptions, cut = (frame) => [frame] }: PairOptions = {},
): Pair {
  const sent: Uint8Array[] = [];
  const answered: Uint8Array[] = [];
  const onViolation = (error: Error) => {
    for (const end of [near, far]) end.close(error); // so that a test that waits for an answer fails, and does not hang
  };
  const near: Connection = new Connection({
    peer: "far end",
    onViolation,
    write(frame) {
      sent.push(frame);
      for (const piece of cut(frame)) far.receive(piece);
    },
    ...nearOptions,
  });
  const far: Connection = new Connection({
    peer: "near end",
    onViolation,
    write(frame) {
      answered.push(frame);
      for (const piece of cut(frame)) near.receive(piece);
    },
    ...farOptions,
  });
  if (handler !== undefined) far.serve(TARGET, handler);
  return { near, far, sent, answered };
}

export const echo: CallHandler = (_method, [value]) => value;

/** Everything that does not wait for the outside has happened by then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** How a promise stands. */
export type Outcome = { value: unknown } | { error: unknown } | "waiting";

export async function outcomes(promises: readonly Promise<unknown>[]): Promise<Outcome[]> {
  const found: Outcome[] = promises.map(() => "waiting");
  promises.forEach((promise, i) =>
    promise.then((value) => found[i] = { value }, (error: unknown) => found[i] = { error })
  );
  await nextTurn();
  return found;
}

/** Gathers what nobody catches, which would otherwise end the program, until it goes out of scope. */
export class Uncaught implements Disposable {
  readonly errors: unknown[] = [];
  readonly #take = (event: ErrorEvent | PromiseRejectionEvent) => {
    event.preventDefault();
    this.errors.push("reason" in event ? event.reason : event.error);
  };

  constructor() {
    addEventListener("error", this.#take);
    addEventListener("unhandledrejection", this.#take);
  }

  [Symbol.dispose](): void {
    removeEventListener("error", this.#take);
    removeEventListener("unhandledrejection", this.#take);
  }
}

export function messagesOf(frames: readonly Uint8Array[]): unknown[][] {
  const out: Frame[] = [];
  const decoder = new FrameDecoder(DEFAULT_MAX_BYTES);
  for (const frame of frames) decoder.push(frame, (one) => out.push(one));
  return out.flatMap(({ json }) => JSON.parse(json) as unknown[][]);
}
