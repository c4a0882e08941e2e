import type { Logger } from "../context/mod.ts";
import { withLimit } from "../deadlines.ts";
import { HookTimeout, isDependencyCycle, PluginUnavailable } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import { type Dependency, dependencyLevels, type Manifest, resolveDependencies } from "../manifest/mod.ts";
import { type PluginStore, unavailable } from "./plugin_store.ts";
import type { PluginRecord } from "./record.ts";
import { type StartEnvironment, startPlugin } from "./start_plugin.ts";
import { type RestartPolicy, Supervisor } from "./supervisor.ts";

/** Starts plugins by levels of their dependencies, and stops them in reverse. Calls may overlap. */
export class Lifecycle {
  readonly #store: PluginStore;
  readonly #log: () => Logger;
  readonly #supervisor: Supervisor;
  #environment: StartEnvironment | undefined;
  #stops = 0;

  /** @param store The plugins; @param log Where what goes wrong is told; @param restart Whether failed ones start anew. */
  constructor(store: PluginStore, log: () => Logger, restart: RestartPolicy | false) {
    this.#store = store;
    this.#log = log;
    this.#supervisor = new Supervisor(restart, log, (record) => this.#startAgain(record));
  }

  /** Takes a running plugin out of service. */
  fail(record: PluginRecord, reason: string): void {
    this.#supervisor.fail(record, reason);
  }

  /**
   * Starts every plugin that is registered or stopped. Ends when what another call has begun has ended, too.
   *
   * @throws {DependencyCycle} If plugins depend on each other in a circle; nothing is started then.
   */
  async startAll(environment: StartEnvironment): Promise<void> {
    const all = this.#store.all();
    this.#environment = environment;
    const waiting = new Set(all.filter(mayStart));
    const stops = this.#stops;
    const manifests = this.#store.manifests();
    for (const level of dependencyLevels(manifests)) {
      if (this.#stops !== stops) break; // all that was started is being stopped
      await Promise.all(level.map(async (manifest) => {
        const record = this.#store.get(manifest);
        if (record === undefined || !waiting.has(record)) return;
        if (record.starting !== undefined) return await record.starting; // another call has begun with it
        if (!mayStart(record)) return;
        await this.#begin(record, manifests, environment);
      }));
    }
    await Promise.all(all.map(({ starting }) => starting)); // what another call has begun
    for (const { state, error, id, sandbox } of waiting) {
      if (state === "unavailable") this.#log().error(escapeControl(error?.message ?? `Cannot start plugin "${id}"`));
      else if (sandbox === "none") {
        this.#log().warn(`Plugin "${id}" runs without a sandbox: it can do all the host can`);
      }
    }
  }

  /** A plugin that has failed, once more. */
  async #startAgain(record: PluginRecord): Promise<void> {
    if (this.#environment === undefined || this.#store.get(record.id) !== record) return;
    await this.#begin(record, this.#store.manifests(), this.#environment);
    if (record.state === "unavailable") this.#log().error(escapeControl(record.error?.message ?? record.id));
  }

  #begin(record: PluginRecord, manifests: readonly Manifest[], environment: StartEnvironment): Promise<void> {
    return record.starting = this.#start(record, manifests, environment).finally(() => delete record.starting);
  }

  async #start(
    record: PluginRecord,
    manifests: readonly Manifest[],
    environment: StartEnvironment,
  ): Promise<void> {
    const dependencies = resolveDependencies(record.manifest, manifests);
    // Another call of setupAll may be starting what it depends on.
    await Promise.all(dependencies.map(({ id }) => id === undefined ? undefined : this.#store.get(id)?.starting));
    const missing = this.#missingDependency(record, dependencies);
    if (missing === undefined) {
      await startPlugin(record, environment);
      if (record.state === "active") this.#supervisor.watch(record);
      return;
    }
    record.state = "unavailable";
    record.error = missing;
  }

  /** Why a plugin cannot start for want of another: the whole chain of cause is in the reason. */
  #missingDependency({ id }: PluginRecord, dependencies: readonly Dependency[]): PluginUnavailable | undefined {
    for (const { written, id: other } of dependencies) {
      const record = other === undefined ? undefined : this.#store.get(other);
      if (record?.state === "active") continue;
      const why = record === undefined ? "no such plugin is registered" : unavailable(record).reason;
      return new PluginUnavailable(id, `it depends on "${written}": ${why}`, { cause: record?.error });
    }
    return undefined;
  }

  /**
   * Stops every plugin, dependants first.
   *
   * @returns What failed. Never rejects for it.
   */
  async stopAll(): Promise<Error[]> {
    this.#stops++;
    const errors: Error[] = [];
    for (const records of this.#levelsToStop()) {
      errors.push(...(await Promise.all(records.map((record) => this.stop(record)))).flat());
    }
    return errors;
  }

  /** Dependants before what they depend on. Plugins that were registered later may close a circle; they stop together. */
  #levelsToStop(): PluginRecord[][] {
    const running = this.#store.all().filter(({ opened, starting, ending, stopped, state }) =>
      opened ?? starting ?? ending ?? stopped ?? (state === "unavailable" ? true : undefined)
    );
    try {
      const levels = dependencyLevels(running.map(({ manifest }) => manifest)).reverse();
      return levels.map((level) => level.map((manifest) => this.#store.get(manifest)!));
    } catch (error) {
      if (isDependencyCycle(error)) return [running];
      throw error;
    }
  }

  /**
   * Stops one plugin, also one that is still starting; whoever asks while it stops waits for the same. Never rejects:
   * what failed is the result.
   */
  stop(record: PluginRecord): Promise<Error[]> {
    return record.stopped ??= this.#stop(record).finally(() => delete record.stopped);
  }

  async #stop(record: PluginRecord): Promise<Error[]> {
    this.#supervisor.forget(record);
    await record.ending;
    if (record.starting !== undefined) {
      record.stopping = true;
      await record.opened?.close("fault");
      await record.starting;
      record.stopping = false;
      record.state = "stopped";
      delete record.error;
    }
    const { opened, manifest, id } = record;
    if (opened === undefined) return [];
    delete record.opened;
    const failures: Error[] = [];
    let late = false;
    if (record.state === "active") {
      const limitMs = manifest.teardown_timeout_sec * 1000;
      try {
        const teardown = opened.scope.teardown();
        await (opened.inspected ? teardown : withLimit(teardown, limitMs, (elapsedMs) => {
          late = true;
          return new HookTimeout("teardown", limitMs, elapsedMs, { plugin: id });
        }));
      } catch (error) {
        failures.push(error instanceof Error ? error : new Error(String(error)));
      }
    }
    if (record.state !== "unavailable") record.state = late ? "leaked" : "stopped";
    let left: Error[] = [];
    try {
      left = await opened.close(late ? "overdue" : "stopped");
    } catch (error) {
      failures.push(error as Error);
    }
    const reason = await opened.scope.ended.promise;
    if (reason !== "closed") {
      // It had failed by itself when it was to be torn down: that is its state, and no failure of the teardown.
      record.state = "unavailable";
      record.error = new PluginUnavailable(id, reason);
      this.#log().error(escapeControl(record.error.message));
      return left;
    }
    return [...failures, ...left];
  }
}

/** Whether a plugin is not running and may be started: also one that has failed, for what it lacked may be there now. */
function mayStart({ state }: PluginRecord): boolean {
  return state === "registered" || state === "stopped" || state === "unavailable";
}
