/**
 * The guest: what runs inside a plugin's scope besides the plugin. It exports nothing, and keeps what it needs in
 * closures, for the plugin shares its isolate and can import every module that the guest has loaded.
 */
import type { LogLevel } from "../../context/mod.ts";
import { Connection } from "../../rpc/mod.ts";
import {
  CONTROL_TARGET,
  GUEST_TARGET,
  type GuestSettings,
  type LoadReply,
  type LoadRequest,
  type SetupRequest,
} from "../guest_protocol.ts";
import { cutRecord } from "../log_budget.ts";
import { captureConsole } from "./capture_console.ts";
import { type GuestLog, type GuestSlot, InstanceSlot } from "./guest_slot.ts";

/** What the guest is started with. */
export interface GuestOptions {
  /** Puts bytes on the wire. */
  write: (frame: Uint8Array) => void;
  settings: GuestSettings;
  /** Told when the conversation cannot go on: the plugin forged a message of the guest's. */
  onViolation: (error: Error) => void;
  /** Loads a plugin whose calls several workers share, where there can be any. */
  loadPool?: (request: LoadRequest, connection: Connection, log: GuestLog) => Promise<GuestSlot>;
}

const { inspect } = Deno;

function safeInspect(value: unknown): string {
  try {
    return cutRecord(inspect(value));
  } catch {
    return "unprintable";
  }
}

/**
 * Starts the guest.
 *
 * @param options Its channel.
 * @returns The connection; feed it what arrives.
 */
export function startGuest(options: GuestOptions): Connection {
  const slots = new Map<number, GuestSlot>();
  const connection = new Connection({
    write: options.write,
    peer: "host",
    onViolation: options.onViolation,
    maxBytes: options.settings.maxBytes,
    maxPending: options.settings.maxPending,
    // Frames of the guest and of Deno mean nothing to whoever reads the plugin's stack.
    keepFrame: (line) => !/\((data|ext|node):|at (async )?(data|ext|node):/.test(line),
  });
  let current = 0; // the slot that loads or runs; decides whose log a bare console.log belongs to

  const log = (slot: number, level: LogLevel, message: string, fields?: Record<string, unknown>) => {
    const record = [slot, level, cutRecord(message)];
    if (tell(fields === undefined ? record : [...record, fields]) || fields === undefined) return;
    tell([...record, { fields: safeInspect(fields) }]); // fields that cannot cross are described
  };
  /** Says a record; of more than the host reads the rest is dropped. */
  const tell = (record: unknown[]): boolean => {
    try {
      connection.notify(GUEST_TARGET, "log", record);
      return true;
    } catch {
      return false;
    }
  };
  captureConsole((level, message) => log(current, level, message));

  const control: Record<string, (request: never) => unknown> = {
    load: async (request: LoadRequest) => {
      const { slot } = request;
      current = slot;
      const own: GuestLog = (level, message, fields) => log(slot, level, message, fields);
      const load = request.pool === undefined ? InstanceSlot.load : options.loadPool!;
      const loaded = await load(request, connection, own);
      slots.set(slot, loaded);
      connection.serve(slot, (hook, args, call) => {
        current = slot;
        return loaded.call(hook, args, call);
      });
      const { hooks, arities, methods, source } = loaded;
      const reply: LoadReply = { hooks: [...hooks], arities: [...arities], methods: [...methods], source };
      return reply;
    },
    setup: (request: SetupRequest) => {
      current = request.slot;
      return slots.get(request.slot)!.setup(request);
    },
    teardown: ({ slot }: { slot: number }) => {
      current = slot;
      return slots.get(slot)!.teardown();
    },
  };
  connection.serve(CONTROL_TARGET, (method, args) => control[method]!(args[0] as never));
  connection.notify(GUEST_TARGET, "ready", []);
  return connection;
}
