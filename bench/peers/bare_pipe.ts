import { fromFileUrl } from "@std/path/from-file-url";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** The near end of a pipe to a Deno child, on the primitives that the host uses, and nothing more. */
export class BarePipe implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  /** @param args What the child does (`pipe_child.ts`). */
  constructor(...args: string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-lock", fromFileUrl(new URL("pipe_child.ts", import.meta.url)), ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.getReader();
  }

  /** Sends bytes; a broken pipe shows at the next read. */
  write(bytes: Uint8Array): void {
    this.#writer.write(bytes).catch(() => {});
  }

  /** @throws {Error} If the child has ended. */
  async read(): Promise<Uint8Array> {
    const { value } = await this.#reader.read();
    if (value === undefined) throw new Error("the bare pipe has ended");
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await Promise.all([this.#child.status, this.#reader.cancel(), this.#writer.abort()]);
  }
}

/** Calls over JSON lines: an id, a map of who waits, one write for all calls of a turn. */
export class BareCalls implements AsyncDisposable {
  readonly #pipe = new BarePipe("lines");
  readonly #waiting = new Map<number, (value: unknown) => void>();
  readonly #reading: Promise<void>;
  #lastId = 0;
  #lines = "";

  constructor() {
    this.#reading = this.#read();
    this.#reading.catch(() => {}); // it ends with the pipe
  }

  /** Sends a value there and back. */
  call(value: unknown): Promise<unknown> {
    if (this.#lines === "") queueMicrotask(() => this.#flush());
    const id = ++this.#lastId;
    this.#lines += `${JSON.stringify({ id, value })}\n`;
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  #flush(): void {
    this.#pipe.write(encoder.encode(this.#lines));
    this.#lines = "";
  }

  async #read(): Promise<void> {
    let rest = "";
    for (;;) {
      const lines = (rest + decoder.decode(await this.#pipe.read(), { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const { id, value } = JSON.parse(line) as { id: number; value: unknown };
        this.#waiting.get(id)!(value);
        this.#waiting.delete(id);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pipe[Symbol.asyncDispose]();
    await this.#reading.catch(() => {});
  }
}

/** Sends bytes there and back behind their length. */
export async function echoBytes(pipe: BarePipe, bytes: Uint8Array): Promise<Uint8Array> {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.byteLength);
  pipe.write(length);
  pipe.write(bytes);
  const answer = new Uint8Array(4 + bytes.byteLength);
  for (let filled = 0; filled < answer.byteLength;) {
    const chunk = await pipe.read();
    answer.set(chunk, filled);
    filled += chunk.byteLength;
  }
  return answer.subarray(4);
}

/** Takes a stream of so many JSON lines. */
export async function takeLines(pipe: BarePipe, count: number): Promise<void> {
  pipe.write(encoder.encode(`${count}`));
  let taken = 0, rest = "";
  while (taken < count) {
    const lines = (rest + decoder.decode(await pipe.read(), { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if ((JSON.parse(line) as { index: number }).index !== taken++) throw new Error("an item is out of order");
    }
  }
}
