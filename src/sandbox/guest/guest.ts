/**
 * The guest: what runs inside a plugin's scope besides the plugin. It exports nothing, and keeps what it needs in
 * closures, for the plugin shares its isolate and can import every module that the guest has loaded.
 */
import { createPluginView, loggerTo, type LogLevel } from "../../context/mod.ts";
import { buildResource } from "../../resources/mod.ts";
import { Connection } from "../../rpc/mod.ts";
import {
  CONTROL_TARGET,
  type LoadRequest,
  LOG_TARGET,
  type SentResource,
  type SetupRequest,
} from "../guest_protocol.ts";
import { PluginInstance } from "../instance.ts";
import { captureConsole } from "./capture_console.ts";

interface Slot {
  plugin: string;
  instance: PluginInstance;
}

/** What the guest is started with. */
export interface GuestOptions {
  /** Puts bytes on the wire. */
  write: (frame: Uint8Array) => void;
  /** Told when the conversation cannot go on: the plugin forged a message of the guest's. */
  onViolation: (error: Error) => void;
}

/**
 * Starts the guest.
 *
 * @param options Its channel.
 * @returns The connection; feed it what arrives.
 */
export function startGuest(options: GuestOptions): Connection {
  const slots = new Map<number, Slot>();
  const connection = new Connection({
    write: options.write,
    peer: "host",
    onViolation: options.onViolation,
    // Frames of the guest and of Deno mean nothing to whoever reads the plugin's stack.
    keepFrame: (line) => !/\((data|ext|node):|at (async )?(data|ext|node):/.test(line),
  });
  let current = 0; // the slot that loads or runs; decides whose log a bare console.log belongs to

  const log = (slot: number, level: LogLevel, message: string, fields?: Record<string, unknown>) => {
    try {
      connection.notify(
        LOG_TARGET,
        "log",
        fields === undefined ? [slot, level, message] : [slot, level, message, fields],
      );
    } catch {
      connection.notify(LOG_TARGET, "log", [slot, level, message, { fields: inspect(fields) }]);
    }
  };
  captureConsole((level, message) => log(current, level, message));

  const control: Record<string, (request: never) => unknown> = {
    load: async ({ slot, plugin, url, exportName }: LoadRequest) => {
      current = slot;
      const instance = await PluginInstance.load(url, exportName);
      slots.set(slot, { plugin, instance });
      connection.serve(slot, (hook, args) => {
        current = slot;
        return instance.call(hook, args);
      });
      return { hooks: [...instance.hooks], source: instance.source };
    },
    setup: ({ slot, manifest, config, resources }: SetupRequest) => {
      current = slot;
      const { plugin, instance } = slots.get(slot)!;
      const logger = loggerTo((level, message, fields) => log(slot, level, String(message), fields));
      const built = new Map(resources.map(([name, resource]) => [name, build(resource)]));
      return instance.setup(createPluginView({ plugin, manifest, config, logger, resources: built }));
    },
    teardown: ({ slot }: { slot: number }) => {
      current = slot;
      return slots.get(slot)!.instance.teardown();
    },
  };
  connection.serve(CONTROL_TARGET, (method, args) => control[method]!(args[0] as never));

  function build(resource: SentResource): unknown {
    if ("data" in resource) return buildResource(resource.data);
    const { target, methods } = resource;
    const remote = methods.map((method) => [method, (...args: unknown[]) => connection.call(target, method, args)]);
    return Object.freeze(Object.fromEntries(remote));
  }

  return connection;
}

const { inspect } = Deno;
