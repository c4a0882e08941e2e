import { PluginUnavailable } from "../errors.ts";
import { LOG_LEVELS, type LogLevel } from "../context/mod.ts";
import { Connection, type ConnectionOptions } from "../rpc/mod.ts";
import type { EndSignal } from "./end_signal.ts";
import { GUEST_TARGET } from "./guest_protocol.ts";
import type { ChosenLimits } from "./limits.ts";
import { LogBudget } from "./log_budget.ts";
import { ResourceTargets } from "./resource_targets.ts";
import type { Ending, PluginLog } from "./scope.ts";

/** A running guest and the walls around it: a process, or a worker. One or several plugins live in it. */
export interface GuestHost {
  readonly sandbox: "process" | "worker";
  /** The conversation with it. */
  readonly link: GuestLink;
  /** Its end, with the reason: `closed`, or what went wrong. */
  readonly ended: EndSignal;
  /** Ends it for a reason of the host's own: it used more than it may. */
  end(reason: string): void;
  /** Ends it and waits until it has ended. May be called twice. */
  close(ending: Ending, reason?: string): Promise<void>;
}

/** What a link is made of: the channel, and who hears what. */
export interface GuestLinkOptions extends Pick<ConnectionOptions, "write" | "peer" | "onBusy" | "onViolation"> {
  limits: ChosenLimits;
}

/** The host's end of the conversation with a guest, and the slots of the plugins that live in it. */
export class GuestLink {
  /** Calls in both directions. */
  readonly connection: Connection;
  /** What the host serves to the plugins. */
  readonly resources: ResourceTargets;
  /** Settles when the guest has said that it has started. */
  readonly ready: Promise<void>;
  readonly #logs = new Map<number, LogBudget>();
  readonly #limits: ChosenLimits;
  #lastSlot = 0;

  /** @param options The channel, and who hears what. */
  constructor({ limits, ...channel }: GuestLinkOptions) {
    this.#limits = limits;
    this.connection = new Connection({
      ...channel,
      maxBytes: limits.messageBytes,
      maxPending: limits.callsInFlight,
      keepFrame: () => false, // the host's paths are none of the plugin's business
    });
    this.resources = new ResourceTargets(this.connection);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.connection.serve(GUEST_TARGET, (method, args) => {
      if (method === "log") this.#log(args);
      else if (method === "ready") resolve();
    });
  }

  /** Gives a plugin its place. @returns The target under which its hooks are served. */
  openSlot(log: PluginLog): number {
    const slot = ++this.#lastSlot;
    this.#logs.set(slot, new LogBudget(log, this.#limits.logBytesPerSecond));
    return slot;
  }

  /** Takes a plugin's place away. */
  closeSlot(slot: number): void {
    this.#logs.get(slot)?.close();
    this.#logs.delete(slot);
  }

  /** Takes all places away. @param name Whose link it was, for the errors. @param reason How its guest has ended. */
  close(name: string, reason: string): void {
    this.connection.close(new PluginUnavailable(name, reason === "closed" ? "it is torn down" : reason));
    for (const slot of [...this.#logs.keys()]) this.closeSlot(slot);
  }

  /** Plugins of one guest are one principal, so that any of them may speak for another: the first stands for unknown. */
  #log([slot, level, message, fields]: unknown[]): void {
    const budget = this.#logs.get(slot as number) ?? this.#logs.values().next().value;
    if (budget === undefined || !LOG_LEVELS.includes(level as LogLevel) || typeof message !== "string") return;
    const own = typeof fields === "object" && fields !== null && !Array.isArray(fields) ? fields : undefined;
    budget.write(level as LogLevel, message, own as Record<string, unknown> | undefined);
  }
}
