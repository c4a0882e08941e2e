import { SandboxUnavailable } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import { describeEnd } from "./end_reason.ts";
import { EndSignal } from "./end_signal.ts";
import { type GuestHost, GuestLink } from "./guest_link.ts";
import { OutputTail } from "./output_tail.ts";
import { GUEST_TEXT, launchGuest, type LaunchOptions } from "./process_launch.ts";
import type { Ending, KillDelays } from "./scope.ts";
import { settlesWithin } from "./settles_within.ts";
import type { Watcher } from "./watcher.ts";

/** How to open a process for plugins. */
export interface ProcessHostOptions {
  /** What errors call it, as `kind/name`, or `group "name"`. */
  name: string;
  launch: LaunchOptions;
  killAfterMs: KillDelays;
  /** Ends the process when this one dies. */
  watcher?: Watcher;
  /** Takes each line of the process's stderr, while somebody debugs it. */
  onStderr?: (line: string) => void;
}

/** How long a pipe may stay open after its process has ended. */
const PIPES_MS = 500;
/** How long a process may take to end by itself once its stdin has. */
const EXIT_MS = 300;
const STDERR_BYTES = 64 * 1024;

/**
 * Starts a process with a guest in it: the only walls that contain hostile code.
 *
 * @param options What it may do.
 * @returns The host. Its process runs already.
 * @throws {SandboxUnavailable} If this process may not start Deno, or there is no Deno to start.
 */
export function openProcessHost(options: ProcessHostOptions): GuestHost {
  const { denoPath } = options.launch;
  try {
    // Asked of Deno first: whoever sits at a terminal must not be asked instead.
    const { state } = Deno.permissions.querySync({ name: "run", command: denoPath });
    if (state !== "granted") throw new Deno.errors.NotCapable(`the host may not run ${denoPath}`);
    return new ProcessHost(options, launchGuest(options.launch));
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const wayOut = cause instanceof Deno.errors.NotFound
      ? "there is no such program; name Deno's path with the denoPath option"
      : cause instanceof Deno.errors.NotCapable
      ? `start the host with --allow-run=${denoPath}, or trust the plugin by name and give it sandbox "none"`
      : cause.message;
    throw new SandboxUnavailable(`Cannot start a process with ${denoPath}: ${wayOut}`, { cause });
  }
}

class ProcessHost implements GuestHost {
  readonly sandbox = "process";
  readonly link: GuestLink;
  readonly ended = new EndSignal();
  readonly #options: ProcessHostOptions;
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stderr = new OutputTail(STDERR_BYTES);
  #fault: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ProcessHostOptions, child: Deno.ChildProcess) {
    this.#options = options;
    this.#child = child;
    this.#stdin = child.stdin.getWriter();
    this.#stdin.write(GUEST_TEXT).catch(() => {}); // NB: of a process that has ended already, #run says why
    this.link = new GuestLink({
      limits: options.launch.limits,
      peer: `plugin "${options.name}" (process)`,
      write: (frame) => this.#stdin.write(frame),
      onBusy: (busy) => busy ? child.ref() : child.unref(),
      onViolation: (error) => this.end(error.message),
    });
    options.watcher?.add(child.pid);
    this.#run();
  }

  /** Reads until the process ends, then says why it did. */
  async #run(): Promise<void> {
    const stdout = this.#child.stdout.getReader();
    const stderr = this.#child.stderr.getReader();
    const reading = Promise.all([
      readAll(stdout, (chunk) => this.link.connection.receive(chunk)),
      readAll(stderr, (chunk) => this.#takeStderr(chunk)),
    ]);
    const status = await this.#child.status;
    this.#options.watcher?.remove(this.#child.pid);
    // A program that the plugin started may hold the pipes open for ever.
    if (!(await settlesWithin(reading, PIPES_MS))) await Promise.all([stdout.cancel(), stderr.cancel()]);
    await reading;
    await this.#stdin.abort().catch(() => {}); // NB: fails when the pipe is broken already
    const { name, launch: { limits } } = this.#options;
    const reason = this.#fault ??
      (this.#closing !== undefined ? "closed" : describeEnd(status, this.#stderr.toString(), limits));
    this.ended.tell(reason);
    this.link.close(name, reason);
    this.ended.finish(reason);
  }

  #takeStderr(chunk: Uint8Array): void {
    this.#stderr.push(chunk);
    if (this.#options.onStderr === undefined) return;
    for (const line of new TextDecoder().decode(chunk).split("\n")) {
      if (line !== "") this.#options.onStderr(escapeControl(line));
    }
  }

  /** Whoever breaks the protocol or a quota is not asked to end, but killed. */
  end(reason: string): void {
    this.#fault ??= reason;
    this.ended.tell(reason);
    this.#kill("SIGKILL");
  }

  close(ending: Ending, reason?: string): Promise<void> {
    if (ending === "fault" && this.#closing === undefined && reason !== undefined) {
      this.#fault ??= reason;
      this.ended.tell(reason);
    }
    return this.#closing ??= this.#close(ending);
  }

  async #close(ending: Ending): Promise<void> {
    const { fault, teardown } = this.#options.killAfterMs;
    this.#child.ref();
    if (ending === "stopped") {
      this.#stdin.close().catch(() => {}); // NB: the guest ends when its stdin does; a broken pipe means it has
      if (await settlesWithin(this.ended.promise, EXIT_MS)) return;
    }
    this.#kill("SIGTERM");
    if (!(await settlesWithin(this.ended.promise, ending === "fault" ? fault : teardown))) this.#kill("SIGKILL");
    await this.ended.promise;
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error; // it has ended already
    }
  }
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, take: (chunk: Uint8Array) => void) {
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) take(chunk.value);
}
