import type { Logger } from "../context/mod.ts";
import { PluginUnavailable } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import type { PluginRecord } from "./record.ts";
import type { PluginStates } from "./states.ts";

/** How plugins that end by themselves are started again. */
export interface RestartPolicy {
  /** How often in a row before it is left alone; a minute without a failure makes a new row. @default 5 */
  max?: number;
  /** Milliseconds before the first start; doubled with each in a row. @default 250 */
  backoffMs?: number;
  /** The longest wait, in milliseconds. @default 30000 */
  maxBackoffMs?: number;
}

/** How long a plugin must have run for its earlier failures to be forgotten. */
const STABLE_MS = 60_000;

/** Sees to plugins that fail while they run: they become `unavailable` with the reason, and may be started again. */
export class Supervisor {
  readonly #policy: Required<RestartPolicy> | undefined;
  readonly #log: () => Logger;
  readonly #start: (record: PluginRecord) => Promise<void>;
  readonly #states: PluginStates;
  readonly #isCurrent: (record: PluginRecord) => boolean;
  readonly #timers = new Map<PluginRecord, ReturnType<typeof setTimeout>>();

  /**
   * @param policy How to restart; `false` never does.
   * @param states Moves plugins.
   * @param log Where it is told.
   * @param start Starts a plugin anew.
   * @param isCurrent Whether a plugin is still the registry's own.
   */
  constructor(
    policy: RestartPolicy | false,
    states: PluginStates,
    log: () => Logger,
    start: (record: PluginRecord) => Promise<void>,
    isCurrent: (record: PluginRecord) => boolean,
  ) {
    this.#isCurrent = isCurrent;
    this.#states = states;
    this.#policy = policy === false ? undefined : { max: 5, backoffMs: 250, maxBackoffMs: 30_000, ...policy };
    this.#log = log;
    this.#start = start;
  }

  /** Begins to watch a plugin that has started. */
  watch(record: PluginRecord): void {
    const { opened } = record;
    record.activeSince = performance.now();
    opened?.scope.ended.listen((reason) => {
      if (record.opened === opened) this.fail(record, reason);
    });
  }

  /** Takes a running plugin out of service, ends what is left of it, and plans its next start. */
  fail(record: PluginRecord, reason: string): void {
    const { opened, id } = record;
    if (opened === undefined || record.state === "starting" || record.stopped !== undefined) return;
    const error = new PluginUnavailable(id, reason);
    delete record.opened;
    this.#states.move(record, "unavailable", error);
    this.#log().error(escapeControl(error.message));
    record.calls.abort(error); // those that the scope's end does not answer
    record.ending = this.#end(record, opened, reason).finally(() => delete record.ending);
    this.#planRestart(record);
  }

  async #end({ id }: PluginRecord, opened: PluginRecord["opened"], reason: string): Promise<void> {
    try {
      for (const { message } of await opened?.close("fault", reason) ?? []) this.#log().warn(message);
    } catch (error) {
      this.#log().error(escapeControl(`Cannot end plugin "${id}": ${(error as Error).message}`));
    }
  }

  #planRestart(record: PluginRecord): void {
    if (this.#policy === undefined) return;
    const { max, backoffMs, maxBackoffMs } = this.#policy;
    if (performance.now() - (record.activeSince ?? 0) > STABLE_MS) record.failuresInRow = 0;
    const failures = record.failuresInRow = (record.failuresInRow ?? 0) + 1;
    if (failures > max) {
      this.#log().error(`Plugin "${record.id}" is not started again: it has failed ${failures} times in a row`);
      return;
    }
    const waitMs = Math.min(backoffMs * 2 ** (failures - 1), maxBackoffMs);
    const timer: ReturnType<typeof setTimeout> = setTimeout(() => this.#restart(record, timer), waitMs);
    Deno.unrefTimer(timer); // a host that has nothing else to do may end
    this.#timers.set(record, timer);
    this.#log().warn(`Plugin "${record.id}" is started again in ${waitMs} ms (${failures} of ${max})`);
  }

  async #restart(record: PluginRecord, timer: ReturnType<typeof setTimeout>): Promise<void> {
    await record.ending;
    await record.reloading?.catch(() => {}); // which may bring another in its place
    if (this.#timers.get(record) !== timer) return; // it was stopped meanwhile
    this.#timers.delete(record);
    if (record.state !== "unavailable" || !this.#isCurrent(record)) return;
    record.restarts = (record.restarts ?? 0) + 1;
    await this.#start(record);
    // The state is another by now, which the compiler cannot know.
    if ((record.state as string) === "unavailable") this.#planRestart(record);
  }

  /** Forgets the planned start of a plugin that is to stop. */
  forget(record: PluginRecord): void {
    clearTimeout(this.#timers.get(record));
    this.#timers.delete(record);
  }
}
