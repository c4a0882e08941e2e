import { PluginRegistryError } from "../errors.ts";
import type { PluginRecord } from "./record.ts";

/** The states of a plugin (SPEC section 6). */
export type PluginState =
  | "registered"
  | "starting"
  | "active"
  | "degraded"
  | "unavailable"
  | "stopped"
  | "leaked"
  | "requires_restart";

/** A plugin's way from one state to another. */
export interface StateChange {
  /** As `kind/name`. */
  plugin: string;
  /** What it was. */
  from: PluginState;
  /** What it is now. */
  to: PluginState;
  /** Why, where it is not well. */
  reason?: string;
}

/** Where each state may lead. `leaked` and `requires_restart` are ends: only a new host gets out of them. */
const MOVES: Readonly<Record<PluginState, readonly PluginState[]>> = {
  registered: ["starting", "stopped"],
  starting: ["active", "unavailable", "stopped"],
  active: ["degraded", "unavailable", "stopped", "leaked", "requires_restart"],
  degraded: ["active", "unavailable", "stopped", "leaked", "requires_restart"],
  unavailable: ["starting", "active", "degraded", "stopped", "leaked", "requires_restart"],
  stopped: ["starting"],
  leaked: [],
  requires_restart: [],
};

/** Whether a plugin in this state answers calls. */
export function answers(state: PluginState): boolean {
  return state === "active" || state === "degraded";
}

/** Moves plugins from state to state, on legal ways only, and tells who listens. */
export class PluginStates {
  readonly #tell: (record: PluginRecord, change: StateChange) => void;

  /** @param tell Hears of each change, right after it. */
  constructor(tell: (record: PluginRecord, change: StateChange) => void) {
    this.#tell = tell;
  }

  /**
   * Moves a plugin. Staying where it is with another reason is no change, but the reason is kept.
   *
   * @param record The plugin.
   * @param to Its new state.
   * @param error Why, where it is not well; without one it has no reason any more.
   * @throws {PluginRegistryError} If no way leads there.
   */
  move(record: PluginRecord, to: PluginState, error?: Error): void {
    const from = record.state;
    if (from !== to && !MOVES[from].includes(to)) {
      throw new PluginRegistryError(`Cannot move plugin "${record.id}" to "${to}": it is ${from}`, {
        plugin: record.id,
      });
    }
    record.state = to;
    if (error === undefined) delete record.error;
    else record.error = record.lastError = error;
    refreshLive(record);
    if (from !== to) this.#report(record, from, to, error);
  }

  /** Another instance has taken a plugin's place. */
  replaced(old: PluginRecord, fresh: PluginRecord): void {
    if (old.state !== fresh.state) this.#report(fresh, old.state, fresh.state, fresh.error);
  }

  #report(record: PluginRecord, from: PluginState, to: PluginState, error: Error | undefined): void {
    this.#tell(record, { plugin: record.id, from, to, ...(error === undefined ? {} : { reason: error.message }) });
  }
}

/** Calls go straight through to a plugin that answers, and that nothing holds back. */
export function refreshLive(record: PluginRecord): void {
  const open = answers(record.state) && record.fence === undefined && record.stopped === undefined;
  record.live = open ? record.opened?.scope : undefined;
}
