import program from "./guest/watcher_main.generated.txt" with { type: "text" };
import { dataUrl } from "./data_url.ts";

/**
 * Ends processes when this one dies, however it dies: a process of our own holds the list of their ids, and when its
 * stdin ends without having been emptied, kills what is on it (SPEC section 9). One serves a whole registry. It is
 * started right after the first process, and asks nothing of the host but to run Deno.
 */
export class Watcher implements AsyncDisposable {
  readonly #denoPath: () => string;
  readonly #onFailure: (reason: string) => void;
  readonly #pids = new Set<number>();
  #child: Deno.ChildProcess | undefined;
  #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** @param denoPath Gives the Deno program; @param onFailure Told when there is no watching. */
  constructor(denoPath: () => string, onFailure: (reason: string) => void) {
    this.#denoPath = denoPath;
    this.#onFailure = onFailure;
  }

  /** The watcher's own process, while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Begins to watch a process. */
  add(pid: number): void {
    this.#pids.add(pid);
    if (this.#stdin !== undefined) this.#send(`+${pid}\n`);
    else if (this.#timer === undefined && !this.#closed) {
      this.#timer = setTimeout(() => this.#start()); // after what else starts in this turn
    }
  }

  /** Ends watching a process: its id may soon be another's. */
  remove(pid: number): void {
    if (this.#pids.delete(pid)) this.#send(`-${pid}\n`);
  }

  #send(line: string): void {
    this.#stdin?.write(new TextEncoder().encode(line)).catch(() => {}); // NB: of a watcher that died, #start told
  }

  #start(): void {
    this.#timer = undefined;
    if (this.#closed || this.#pids.size === 0) return;
    try {
      this.#child = new Deno.Command(this.#denoPath(), {
        args: [
          "run",
          "--quiet",
          "--no-prompt",
          "--no-config",
          "--no-lock",
          "--no-npm",
          "--no-remote",
          "--allow-run",
          MAIN,
        ],
        clearEnv: true,
        env: { DENO_DIR: "/dev/null/none", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
    } catch (error) {
      this.#onFailure((error as Error).message);
      return;
    }
    const child = this.#child;
    child.unref();
    child.status.then(({ code, signal }) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#stdin = undefined;
      if (!this.#closed) this.#onFailure(`it ended by ${signal ?? `exit code ${code}`}`);
    });
    this.#stdin = child.stdin.getWriter();
    for (const pid of this.#pids) this.#send(`+${pid}\n`);
  }

  /** Ends the watcher, and lets what it watches live. May be called twice; it starts anew when a process is added. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const child = this.#child;
    if (child === undefined) return;
    this.#closed = true;
    child.ref();
    this.#send("end\n");
    await this.#stdin?.close().catch(() => {}); // NB: a watcher that was killed has no stdin any more
    await child.status;
    this.#child = undefined;
    this.#stdin = undefined;
    this.#closed = false;
  }

  /** {@linkcode Watcher.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const MAIN = dataUrl("text/javascript", program);
