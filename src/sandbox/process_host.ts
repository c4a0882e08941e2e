import { PluginUnavailable, SandboxUnavailable } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import { LOG_LEVELS, type LogLevel } from "../context/mod.ts";
import { checkBoundaryValue } from "../json.ts";
import type { Manifest } from "../manifest/mod.ts";
import { Connection, type ConnectionOptions } from "../rpc/mod.ts";
import type { Offer } from "../resources/mod.ts";
import {
  CONTROL_TARGET,
  type LoadRequest,
  LOG_TARGET,
  type SentResource,
  type SetupRequest,
} from "./guest_protocol.ts";
import { launchGuest, type LaunchOptions } from "./process_launch.ts";
import { explainRefusal } from "./refusal.ts";
import { ResourceTargets } from "./resource_targets.ts";
import type { LoadedPlugin, OpenScopeOptions, PluginScope, PluginSetup } from "./scope.ts";

/** What a process scope needs on top of what every scope needs. */
export interface ProcessScopeOptions extends OpenScopeOptions {
  launch: Omit<LaunchOptions, "cwd">;
  manifest: Manifest;
  /** The largest message in either direction, in bytes. @default 16 MiB */
  maxMessageBytes?: number;
}

/** How long a pipe may stay open after its process has ended. */
const PIPES_MS = 500;

/** The slot of a plugin that has a process to itself. */
const SLOT = 1;

/**
 * Opens a scope that is a process of its own: the only kind that contains hostile code.
 *
 * @param options The plugin and what it may do.
 * @returns The scope. Its process runs already.
 * @throws {SandboxUnavailable} If this process may not start Deno, or there is no Deno to start.
 */
export function openProcessScope(options: ProcessScopeOptions): PluginScope {
  try {
    return new ProcessScope(options, launchGuest({ ...options.launch, cwd: options.entry.pluginDir }));
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const { denoPath } = options.launch;
    const wayOut = cause instanceof Deno.errors.NotFound
      ? "there is no such program; name Deno's path with the denoPath option"
      : cause instanceof Deno.errors.NotCapable
      ? `start the host with --allow-run=${denoPath}, or trust the plugin by name and give it sandbox "none"`
      : cause.message;
    throw new SandboxUnavailable(`Cannot start a process with ${denoPath}: ${wayOut}`, { cause });
  }
}

class ProcessScope implements PluginScope {
  readonly sandbox = "process";
  readonly ended: Promise<string>;
  readonly #options: ProcessScopeOptions;
  readonly #child: Deno.ChildProcess;
  readonly #connection: Connection;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #resources: ResourceTargets;
  readonly #stderr = new Tail(64 * 1024);
  #violation: string | undefined;
  #closing = false;

  constructor(options: ProcessScopeOptions, child: Deno.ChildProcess) {
    this.#options = options;
    this.#child = child;
    this.#stdin = child.stdin.getWriter();
    const connectionOptions: ConnectionOptions = {
      peer: `plugin "${this.#plugin}" (process)`,
      write: (frame) => this.#stdin.write(frame),
      keepFrame: () => false, // the host's paths are none of the plugin's business
      onBusy: (busy) => busy ? child.ref() : child.unref(),
      onViolation: (error) => {
        this.#violation = error.message;
        this.#kill("SIGKILL");
      },
    };
    if (options.maxMessageBytes !== undefined) connectionOptions.maxBytes = options.maxMessageBytes;
    this.#connection = new Connection(connectionOptions);
    this.#connection.serve(LOG_TARGET, (_method, args) => this.#log(args));
    this.#resources = new ResourceTargets(this.#connection);
    this.ended = this.#run();
  }

  get #plugin(): string {
    return `${this.#options.plugin.kind}/${this.#options.plugin.name}`;
  }

  /** Reads until the process ends, then says why it did. */
  async #run(): Promise<string> {
    const stdout = this.#child.stdout.getReader();
    const stderr = this.#child.stderr.getReader();
    const reading = Promise.all([
      readAll(stdout, (chunk) => this.#connection.receive(chunk)),
      readAll(stderr, (chunk) => this.#stderr.push(chunk)),
    ]);
    const status = await this.#child.status;
    // A program that the plugin started may hold the pipes open for ever.
    if (!(await settlesWithin(reading, PIPES_MS))) await Promise.all([stdout.cancel(), stderr.cancel()]);
    await reading;
    await this.#stdin.abort().catch(() => {}); // NB: fails when the pipe is broken already
    const reason = this.#violation ?? (this.#closing ? "closed" : describeEnd(status, this.#stderr.toString()));
    this.#connection.close(new PluginUnavailable(this.#plugin, reason === "closed" ? "it is torn down" : reason));
    return reason;
  }

  async load(): Promise<LoadedPlugin> {
    const { url, exportName } = this.#options.entry;
    const request: LoadRequest = { slot: SLOT, plugin: this.#plugin, url, exportName };
    const reply = await this.#control("load", request) as Partial<LoadedPlugin> | null;
    const hooks = Array.isArray(reply?.hooks) ? reply.hooks.filter((hook) => typeof hook === "string") : [];
    return typeof reply?.source === "string" ? { hooks, source: reply.source } : { hooks };
  }

  async setup({ manifest, config, offers }: PluginSetup): Promise<void> {
    const resources: SetupRequest["resources"] = [];
    for (const [name, offer] of offers) resources.push([name, this.#send(offer)]);
    checkBoundaryValue(config, `configuration of plugin "${this.#plugin}"`);
    const request: SetupRequest = { slot: SLOT, manifest, config, resources };
    await this.#control("setup", request);
  }

  #send(offer: Exclude<Offer, { how: "temp dir" }>): SentResource {
    if (offer.how === "in scope") return { data: offer.data };
    return { target: this.#resources.serve(offer.instance, offer.methods), methods: offer.methods };
  }

  call(hook: string, args: readonly unknown[]): Promise<unknown> {
    return this.#explained(this.#connection.call(SLOT, hook, args));
  }

  async teardown(): Promise<void> {
    await this.#control("teardown", { slot: SLOT });
  }

  #control(method: string, request: unknown): Promise<unknown> {
    return this.#explained(this.#connection.call(CONTROL_TARGET, method, [request]));
  }

  /** A refusal by Deno speaks of flags that nobody can pass here; make it speak of the manifest. */
  #explained(answer: Promise<unknown>): Promise<unknown> {
    return answer.catch((error: Error) => {
      throw explainRefusal(error, this.#options.manifest);
    });
  }

  async close(graceMs = 5000): Promise<void> {
    this.#closing = true;
    this.#child.ref();
    if (graceMs > 0) {
      this.#stdin.close().catch(() => {}); // NB: the guest ends when its stdin does; a broken pipe means it has
      if (await settlesWithin(this.ended, graceMs)) return;
      this.#kill("SIGTERM");
      if (await settlesWithin(this.ended, graceMs)) return;
    }
    this.#kill("SIGKILL");
    await this.ended;
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error; // it has ended already
    }
  }

  #log([, level, message, fields]: unknown[]): void {
    if (!LOG_LEVELS.includes(level as LogLevel) || typeof message !== "string") return;
    const own = typeof fields === "object" && fields !== null && !Array.isArray(fields) ? fields : undefined;
    this.#options.log(level as LogLevel, message, own as Record<string, unknown> | undefined);
  }
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, take: (chunk: Uint8Array) => void) {
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) take(chunk.value);
}

/** The last bytes of a stream. */
class Tail {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    while (this.#bytes - this.#chunks[0]!.byteLength > this.#maxBytes) this.#bytes -= this.#chunks.shift()!.byteLength;
  }

  toString(): string {
    const decoder = new TextDecoder();
    return this.#chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
  }
}

/** Why a process ended that was not told to. Whatever it printed is escaped: it goes to terminals and logs. */
function describeEnd(status: Deno.CommandStatus, stderr: string): string {
  // deno-lint-ignore no-control-regex -- colours are what must go
  const lines = stderr.replace(/\x1b\[[0-9;]*m/g, "").trim().split("\n").map(escapeControl);
  const line = lines.find((text) => text.startsWith("error:"))?.replace(/^error: (Uncaught )?/, "") ?? lines[0] ?? "";
  const detail = line === "" ? "" : `: ${line.slice(0, 500)}`;
  if (status.signal !== null) return `its process was killed by ${status.signal}${detail}`;
  if (status.code === 0) return "its process exited early";
  return `its process crashed with exit code ${status.code}${detail}`;
}

async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), ms));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
