/**
 * The main module of a worker: one of its own that is a plugin's scope, or one of a pool inside a plugin's process. The
 * first message brings a private port; afterwards nothing that the plugin can reach leads to it.
 */
import type { GuestSettings } from "../guest_protocol.ts";
import { postFrame } from "../post_frame.ts";
import { startGuest } from "./guest.ts";

/** What the first message says. */
export interface WorkerStart {
  settings: GuestSettings;
  /** In a worker that is a scope: the module that the package's name leads to. */
  api?: string;
}

const { apply, defineProperty, deleteProperty } = Reflect;
const { dispatchEvent, addEventListener } = EventTarget.prototype;
const { exit } = Deno;
const end = self.close.bind(self);

apply(addEventListener, self, ["message", async (event: MessageEvent<WorkerStart>) => {
  event.stopImmediatePropagation();
  const port = event.ports[0]!;
  const send = port.postMessage.bind(port);
  // NB: a patched EventTarget.prototype.dispatchEvent would be handed the port as its `this`.
  defineProperty(port, "dispatchEvent", { value: (inner: Event) => apply(dispatchEvent, port, [inner]) });
  const { api, settings } = event.data;
  if (api !== undefined) {
    for (const name of AMBIENT) deleteProperty(globalThis, name);
    await redirectImports(api);
  }
  const connection = startGuest({
    settings,
    write: (frame) => postFrame(send, frame),
    onViolation: end,
  });
  // The end of a worker is seen by nobody (there is no event for it), so it says so first: its exit code, at once.
  const leave = (code = 0) => send(code);
  defineProperty(Deno, "exit", { value: (code?: number) => (leave(code), exit(code)) });
  defineProperty(globalThis, "close", { value: () => (leave(), end()), configurable: true, writable: true });
  apply(addEventListener, port, ["message", (inner: MessageEvent) => connection.receive(inner.data)]);
  port.start();
}, { once: true }]);

/** Ways to the host and to other plugins that no permission closes. */
const AMBIENT = ["postMessage", "onmessage", "onmessageerror", "BroadcastChannel", "Worker", "caches"];

/**
 * Leads the package's name to its plugin-facing module instead of to the whole of it, which the scope may not read; and
 * refuses packages and remote modules, for which a worker needs no permission (measured). A thread that the plugin starts
 * by `node:worker_threads` is asked nothing: only a host that runs with `--no-npm` keeps packages out of that.
 */
async function redirectImports(api: string): Promise<void> {
  const { registerHooks } = await import("node:module") as unknown as {
    registerHooks?: (hooks: { resolve: (specifier: string, context: unknown, next: Next) => unknown }) => void;
  };
  registerHooks?.({
    resolve(specifier, context, next) {
      if (specifier === NAME) return { url: api, format: "module", shortCircuit: true };
      if (isRemote(specifier)) throw new TypeError(`Cannot import "${specifier}": a worker has no packages`);
      return next(specifier, context);
    },
  });
}

const remote = /^(npm|jsr|https?):/i;
const isRemote = remote.test.bind(remote);

type Next = (specifier: string, context: unknown) => unknown;
/** NB: in two parts, for the launcher puts the module's address in the place of the whole name. */
const NAME = ["@dagstack", "plugin-system"].join("/");
