import { type CallContext, Connection, type Waiter } from "../../rpc/mod.ts";
import {
  CONTROL_TARGET,
  GUEST_TARGET,
  type GuestSettings,
  type LoadReply,
  type LoadRequest,
  type SetupRequest,
} from "../guest_protocol.ts";
import { counted } from "../counted.ts";
import { postFrame } from "../post_frame.ts";
import type { GuestLog, GuestSlot } from "./guest_slot.ts";

interface Member {
  connection: Connection;
  /** Calls that it works on: also such as were cancelled, until it has answered them. */
  busy: number;
}

/** The target of the only plugin in a worker of the pool. */
const SLOT = 1;

/**
 * A plugin with `execution_model = "thread_cpu_bound"`: a pool of workers inside the plugin's process, each with an
 * instance of its own. They have the process's permissions, and its fate: what ends one ends it.
 */
export class ThreadPool implements GuestSlot {
  readonly #members: Member[];
  readonly #host: Connection;
  readonly hooks: readonly string[];
  readonly arities: readonly number[];
  readonly methods: readonly string[];
  readonly source: string | undefined;

  private constructor(members: Member[], host: Connection, loaded: LoadReply) {
    this.#members = members;
    this.#host = host;
    this.hooks = loaded.hooks;
    this.arities = loaded.arities;
    this.methods = loaded.methods;
    this.source = loaded.source;
  }

  /** Starts the workers, and imports the plugin's code in each. */
  static async load(
    request: LoadRequest,
    host: Connection,
    log: GuestLog,
    settings: GuestSettings,
  ): Promise<ThreadPool> {
    const { pool, ...own } = request;
    const members = Array.from({ length: pool!.size }, () => startMember(pool!.module, log, settings));
    const loads = members.map(({ connection }) => {
      if (own.next !== undefined) forward(connection, own.next, host);
      return connection.call(CONTROL_TARGET, "load", [{ ...own, slot: SLOT }]) as Promise<LoadReply>;
    });
    const [first] = await Promise.all(loads);
    return new ThreadPool(members, host, first!);
  }

  async setup(request: SetupRequest): Promise<void> {
    const calls = this.#members.map(({ connection }) => {
      for (const [, resource] of request.resources) {
        if (!("data" in resource)) forward(connection, resource.target, this.#host);
      }
      if (request.services !== undefined) forward(connection, request.services, this.#host);
      if (request.reports !== undefined) forwardReports(connection, request.reports, this.#host);
      return connection.call(CONTROL_TARGET, "setup", [{ ...request, slot: SLOT }]);
    });
    await Promise.all(calls);
  }

  call(hook: string, args: unknown[], context: CallContext): Promise<unknown> {
    let least = this.#members[0]!;
    for (const member of this.#members) if (member.busy < least.busy) least = member;
    return new Promise((resolve, reject) => {
      let givenUp: unknown;
      const waiter: Waiter = {
        resolve,
        // The host is told that a cancelled call is over when the member is free again.
        reject: (error, early) => early === true ? givenUp = error : reject(error),
        late: () => reject(givenUp),
      };
      least.connection.start(SLOT, hook, args, counted(least, waiter), context);
    });
  }

  async teardown(): Promise<unknown> {
    const done = await Promise.allSettled(
      this.#members.map(({ connection }) => connection.call(CONTROL_TARGET, "teardown", [{ slot: SLOT }])),
    );
    const given = done.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
    return given.includes(false) ? false : undefined;
  }
}

/** Lets a member call a target of the host's. */
function forward(member: Connection, target: number, host: Connection): void {
  member.serve(target, (method, args, call) => host.call(target, method, args, call));
}

/** Reports want no answer; what the host does not read is dropped. */
function forwardReports(member: Connection, target: number, host: Connection): void {
  member.serve(target, (method, args) => {
    try {
      host.notify(target, method, args);
    } catch {
      // as the records of a log are
    }
  });
}

function startMember(module: string, log: GuestLog, settings: GuestSettings): Member {
  const worker = new Worker(module, { type: "module" });
  const { port1: port, port2 } = new MessageChannel();
  const post = port.postMessage.bind(port);
  const connection = new Connection({
    peer: "worker of the pool",
    write: (frame) => postFrame(post, frame),
    onViolation: fail,
    ...settings,
  });
  connection.serve(GUEST_TARGET, (method, args) => {
    if (method === "log") log(...args.slice(1) as Parameters<GuestLog>);
  });
  port.onmessage = ({ data }) => {
    if (typeof data === "number") Deno.exit(data);
    connection.receive(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(new Error(event.message));
  };
  worker.postMessage({ settings }, [port2]);
  return { connection, busy: 0 };
}

/** An error that nobody caught ends the process, as it would without a pool. */
function fail(error: Error): void {
  queueMicrotask(() => {
    throw error;
  });
}
