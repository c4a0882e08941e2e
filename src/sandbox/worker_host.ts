import api from "./guest/api.generated.txt" with { type: "text" };
import guest from "./guest/worker_main.generated.txt" with { type: "text" };
import { ProtocolError, SandboxUnavailable } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import { dataUrl, PACKAGE } from "./data_url.ts";
import { EndSignal } from "./end_signal.ts";
import { type GuestHost, GuestLink } from "./guest_link.ts";
import type { WorkerStart } from "./guest/worker_main.ts";
import { type ChosenLimits, guestSettings } from "./limits.ts";
import type { PermissionScope } from "./permissions.ts";
import { postFrame } from "./post_frame.ts";
import type { Ending } from "./scope.ts";

/** How to open a worker for a plugin. */
export interface WorkerHostOptions {
  /** What errors call it, as `kind/name`. */
  name: string;
  permissions: PermissionScope;
  /** Its own fresh folder. */
  tmpdir?: string;
  limits: ChosenLimits;
  /** Takes what an operator should know of its end. */
  warn: (message: string) => void;
}

/**
 * Starts a worker with a guest in it, under the same scope as a process would have. It contains the use of files,
 * variables, programs and listed hosts, and nothing else: a loop in it, or memory that it takes, is the host's.
 *
 * @param options What it may do.
 * @returns The host.
 * @throws {SandboxUnavailable} If Deno's `worker-options` feature is off, or workers are refused.
 */
export async function openWorkerHost(options: WorkerHostOptions): Promise<GuestHost> {
  const { workerOptionsEnabled } = await import("./worker_options.ts"); // it loads node:child_process
  if (workerOptionsEnabled() !== true) {
    throw new SandboxUnavailable(
      `Cannot start a worker for plugin "${options.name}": Deno's worker options are off; start the host with ` +
        `--unstable-worker-options, or put "unstable": ["worker-options"] into its deno.json, or choose sandbox "process"`,
      { plugin: options.name },
    );
  }
  try {
    return new WorkerHost(options);
  } catch (cause) {
    throw new SandboxUnavailable(
      `Cannot start a worker for plugin "${options.name}": ${(cause as Error).message}`,
      { plugin: options.name, cause },
    );
  }
}

class WorkerHost implements GuestHost {
  readonly sandbox = "worker";
  readonly link: GuestLink;
  readonly ended = new EndSignal();
  readonly #options: WorkerHostOptions;
  readonly #worker: Worker;
  readonly #port: MessagePort;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    // The options' type is part of Deno's unstable library, which the types of a package cannot ask for.
    const workerOptions: WorkerOptions & { deno: unknown } = {
      type: "module",
      name: options.name,
      deno: { permissions: workerPermissions(options.permissions, options.tmpdir) },
    };
    this.#worker = new Worker(MAIN, workerOptions);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const post = port1.postMessage.bind(port1);
    this.link = new GuestLink({
      limits: options.limits,
      peer: `plugin "${options.name}" (worker)`,
      write: (frame) => postFrame(post, frame),
      onViolation: (error) => this.end(error.message),
    });
    port1.onmessage = ({ data }) => {
      if (data instanceof Uint8Array && data.buffer instanceof ArrayBuffer) this.link.connection.receive(data);
      else if (typeof data === "number") this.end("exited early: its worker ended without having been told to");
      else this.end(new ProtocolError(`Cannot understand message from ${options.name}: it is no bytes`).message);
    };
    port1.onmessageerror = () => this.end("its worker sent a message that cannot be read");
    this.#worker.onerror = (event) => {
      event.preventDefault(); // NB: without it an error in the worker ends the host
      this.end(`crashed: ${escapeControl(event.message).replace(/^Uncaught /, "").slice(0, 500)}`);
    };
    const start: WorkerStart = { api: API, settings: guestSettings(options.limits) };
    this.#worker.postMessage(start, [port2]);
  }

  close(ending: Ending, reason = "closed"): Promise<void> {
    const running = !this.ended.told;
    this.end(ending === "fault" ? reason : "closed");
    if (ending !== "stopped" && running) {
      this.#options.warn(
        `The worker of plugin "${this.#options.name}" was told to end; if it is in a loop it goes on until the host ends: ` +
          `Deno cannot stop it. Sandbox "process" can`,
      );
    }
    return Promise.resolve();
  }

  end(reason: string): void {
    this.#worker.terminate();
    this.#port.close();
    this.ended.tell(reason);
    this.link.close(this.#options.name, reason);
    this.ended.finish(reason);
  }
}

/** NB: a worker takes no list of denied hosts; status() and the documentation say so. Unknown keys would be ignored. */
function workerPermissions(scope: PermissionScope, tmpdir: string | undefined): Record<string, unknown> {
  const fresh = tmpdir === undefined ? [] : [tmpdir];
  const list = (values: readonly string[]) => values.length === 0 ? false : [...values];
  return {
    read: [...scope.read, ...fresh],
    write: list([...scope.write, ...fresh]),
    net: list(scope.net),
    env: list(scope.env),
    run: list(scope.run),
    sys: false,
    ffi: false,
    import: false,
  };
}

/** The module of the workers of a pool inside a plugin's process, which has the package by its name. */
export const POOL_MODULE: string = dataUrl("text/javascript", guest);

const API = dataUrl("text/javascript", api);
/**
 * A worker resolves names as its host does, so in the guest the package's name is replaced by where its plugin-facing
 * module is. The function that is never called lets a plugin's own static import of the name find the package: what a
 * main module speaks of is fetched with the host's permissions (measured), and what then runs is the redirected module.
 */
const MAIN = dataUrl(
  "text/javascript",
  `()=>import("${PACKAGE}");` + guest.replaceAll(`"${PACKAGE}"`, () => JSON.stringify(API)),
);
