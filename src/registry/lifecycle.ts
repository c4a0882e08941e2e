import type { Logger } from "../context/mod.ts";
import { isDependencyCycle, PluginUnavailable } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import { type Dependency, dependencyLevels, type Manifest, resolveDependencies } from "../manifest/mod.ts";
import { callHook, callMethod } from "../sandbox/mod.ts";
import type { Fence } from "./fence.ts";
import { Health, type HealthPolicy, type Verdict } from "./health.ts";
import { type PluginStore, unavailable } from "./plugin_store.ts";
import type { PluginRecord } from "./record.ts";
import type { Registration } from "./registration.ts";
import { reloadPlugin } from "./reload_plugin.ts";
import { type StartEnvironment, startPlugin } from "./start_plugin.ts";
import { answers, type PluginStates, refreshLive } from "./states.ts";
import { type Ended, endPlugin, interrupt, stopPlugin } from "./stop_plugin.ts";
import { type RestartPolicy, Supervisor } from "./supervisor.ts";

/** What a lifecycle is made of. */
export interface LifecycleOptions {
  store: PluginStore;
  states: PluginStates;
  /** Where what goes wrong is told. */
  log: () => Logger;
  /** Whether failed plugins start anew. */
  restart: RestartPolicy | false;
  health: HealthPolicy | false;
  /** How long calls under way are waited for when their plugin is to end. */
  drainMs: number;
  /** Holds the calls of a plugin back. */
  fence: () => Fence;
  /** Makes an unregistered plugin. */
  prepare: (registration: Registration) => Promise<PluginRecord>;
}

/** How to start all plugins. */
export interface StartOptions {
  /** What becomes of the others when a plugin does not start. @default "continue" */
  onFailure?: "continue" | "rollback";
  /** Gives up: what this call has started is torn down again, and its rejection is the signal's reason. */
  signal?: AbortSignal;
}

/** Starts plugins by levels of their dependencies, reloads them, and stops them in reverse. Calls may overlap. */
export class Lifecycle {
  readonly #own: LifecycleOptions;
  readonly #supervisor: Supervisor;
  readonly #health: Health<PluginRecord> | undefined;
  #environment: StartEnvironment | undefined;
  #stops = 0;
  /** How many reloads of a plugin are asked for and not over, by its id. */
  readonly #reloadsAsked = new Map<string, number>();

  /** @param own What it is made of. */
  constructor(own: LifecycleOptions) {
    this.#own = own;
    const start = (record: PluginRecord) => this.#startAgain(record);
    const isCurrent = (record: PluginRecord) => own.store.get(record.id) === record;
    this.#supervisor = new Supervisor(own.restart, own.states, own.log, start, isCurrent);
    if (own.health !== false) this.#health = new Health(own.health, (record, ...told) => this.#judge(record, ...told));
  }

  /** Takes a running plugin out of service. */
  fail(record: PluginRecord, reason: string): void {
    this.#health?.forget(record);
    this.#supervisor.fail(record, reason);
  }

  /**
   * Starts every plugin that is registered, stopped or unavailable. Ends when what another call has begun has ended, too.
   *
   * @throws {DependencyCycle} If plugins depend on each other in a circle; nothing is started then.
   * @throws With `rollback`, why the first plugin did not start; all that this call had started are stopped then.
   */
  async startAll(environment: StartEnvironment, { onFailure, signal }: StartOptions = {}): Promise<void> {
    const { store } = this.#own;
    signal?.throwIfAborted();
    const all = store.all();
    const manifests = store.manifests();
    const levels = dependencyLevels(manifests);
    this.#environment = environment;
    const waiting = new Set(all.filter(mayStart));
    const stops = this.#stops;
    const begun: PluginRecord[] = [];
    const giveUp = () => begun.forEach((record) => record.starting !== undefined && this.stop(record));
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      for (const level of levels) {
        if (this.#stops !== stops || signal?.aborted === true) break; // all that was started is being stopped
        if (onFailure === "rollback" && begun.some(isDown)) break;
        await Promise.all(level.map(async (manifest) => {
          const record = store.get(manifest);
          if (record === undefined || !waiting.has(record)) return;
          if (record.starting !== undefined) return await record.starting; // another call has begun with it
          if (!mayStart(record)) return;
          begun.push(record);
          await this.#begin(record, manifests, environment);
        }));
      }
      await Promise.all(all.map(({ starting }) => starting)); // what another call has begun
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
    this.#report(waiting);
    const failed = onFailure === "rollback" ? begun.find(isDown) : undefined;
    if (failed === undefined && signal?.aborted !== true) return;
    const reason = signal?.aborted === true ? signal.reason : failed!.error;
    for (const error of await this.#stopLevels(begun)) this.#own.log().warn(error.message);
    throw reason;
  }

  #report(started: Iterable<PluginRecord>): void {
    const log = this.#own.log();
    for (const { state, error, id, sandbox } of started) {
      if (state === "unavailable") log.error(escapeControl(error?.message ?? `Cannot start plugin "${id}"`));
      else if (sandbox === "none") log.warn(`Plugin "${id}" runs without a sandbox: it can do all the host can`);
    }
  }

  /** A plugin that has failed, once more. */
  async #startAgain(record: PluginRecord): Promise<void> {
    const { store, log } = this.#own;
    if (this.#environment === undefined) return;
    await this.#begin(record, store.manifests(), this.#environment);
    if (record.state === "unavailable") log().error(escapeControl(record.error?.message ?? record.id));
  }

  #begin(record: PluginRecord, manifests: readonly Manifest[], environment: StartEnvironment): Promise<void> {
    return record.starting = this.#start(record, manifests, environment).finally(() => delete record.starting);
  }

  async #start(
    record: PluginRecord,
    manifests: readonly Manifest[],
    environment: StartEnvironment,
  ): Promise<void> {
    const { store, states } = this.#own;
    const dependencies = resolveDependencies(record.manifest, manifests);
    // Another call of setupAll may be starting what it depends on.
    await Promise.all(dependencies.map(({ id }) => id === undefined ? undefined : store.get(id)?.starting));
    const missing = this.#missingDependency(record, dependencies);
    if (missing !== undefined) {
      states.move(record, "starting");
      return states.move(record, "unavailable", missing);
    }
    await startPlugin(record, states, environment);
    if (record.state !== "active") return;
    this.#supervisor.watch(record);
    this.#watchHealth(record);
  }

  /** Why a plugin cannot start for want of another: the whole chain of cause is in the reason. */
  #missingDependency({ id }: PluginRecord, dependencies: readonly Dependency[]): PluginUnavailable | undefined {
    for (const { written, id: other } of dependencies) {
      const record = other === undefined ? undefined : this.#own.store.get(other);
      if (record !== undefined && answers(record.state)) continue;
      const why = record === undefined ? "no such plugin is registered" : unavailable(record).reason;
      return new PluginUnavailable(id, `it depends on "${written}": ${why}`, { cause: record?.error });
    }
    return undefined;
  }

  #watchHealth(record: PluginRecord): void {
    const { manifest: { health_check = "health" }, opened, methods } = record;
    if (opened === undefined || opened.inspected) return;
    const { scope } = opened;
    if (health_check !== "health") this.#health?.watch(record, () => callHook(scope, health_check, []));
    else if (methods?.has("health") === true) this.#health?.watch(record, () => callMethod(scope, "health", []));
  }

  /** What the polls of a plugin's health say of it. */
  #judge(record: PluginRecord, verdict: Verdict, reason: string | undefined): void {
    if (record.opened === undefined || record.stopped !== undefined || record.starting !== undefined) return;
    const { states, log } = this.#own;
    if (verdict === "healthy") {
      delete record.ailing;
      if (record.state === "active") return;
      states.move(record, "active");
      return log().info(`Plugin "${record.id}" is healthy again`);
    }
    record.ailing = true;
    const error = new PluginUnavailable(record.id, `health: ${reason}`);
    states.move(record, verdict, error);
    log()[verdict === "degraded" ? "warn" : "error"](escapeControl(error.message));
  }

  /** Notes that a plugin failed where others did not, though it answers. */
  degrade(record: PluginRecord, reason: string): void {
    if (record.state !== "active" || record.opened === undefined || record.stopped !== undefined) return;
    this.#own.states.move(record, "degraded", new PluginUnavailable(record.id, reason));
    this.#own.log().warn(escapeControl(`Plugin "${record.id}" is degraded: ${reason}`));
  }

  /** Notes that a plugin that was degraded by a failure has answered; one whose health is bad stays as it is. */
  recover(record: PluginRecord): void {
    if (record.state === "degraded" && record.ailing !== true) this.#own.states.move(record, "active");
  }

  /** Puts a fresh instance into a plugin's place; see `reloadPlugin`. One reload of a plugin follows the other. */
  async reload(find: () => PluginRecord): Promise<void> {
    const { id } = find();
    const asked = this.#reloadsAsked;
    asked.set(id, (asked.get(id) ?? 0) + 1);
    try {
      for (let record = find();; record = find()) {
        if (record.starting !== undefined) await record.starting;
        else if (record.reloading !== undefined) await record.reloading.catch(() => {});
        else return await (record.reloading = this.#reload(record));
      }
    } finally {
      const left = asked.get(id)! - 1;
      if (left > 0) asked.set(id, left);
      else asked.delete(id);
    }
  }

  async #reload(old: PluginRecord): Promise<void> {
    const { store, states, fence, prepare } = this.#own;
    const environment = this.#environment;
    const done = () => {
      delete old.reloading;
      delete store.get(old.id)?.reloading;
    };
    await reloadPlugin(old, {
      fence,
      prepare,
      start: async (fresh) => {
        if (old.stopped !== undefined) throw new PluginUnavailable(old.id, "it is torn down");
        const manifests = store.manifests().map((one) => one === old.manifest ? fresh.manifest : one);
        dependencyLevels(manifests); // throws where its manifest now closes a circle
        old.replacement = fresh;
        await this.#begin(fresh, manifests, environment!);
        delete old.replacement;
      },
      replace: (from, to) => {
        if (from.reloading !== undefined) to.reloading = from.reloading; // until the old one has ended
        this.#supervisor.forget(from);
        store.put(to);
        states.replaced(from, to);
      },
      retire: (record) => record.stopped ??= this.#retire(record),
      isAskedAgain: () => this.#reloadsAsked.get(old.id)! > 1,
    }).finally(done);
  }

  /** Ends an instance that is not, or not any more, the registry's own. */
  async #retire(record: PluginRecord): Promise<Error[]> {
    const { store, drainMs, log } = this.#own;
    this.#health?.forget(record);
    const { errors, state } = await endPlugin(record, drainMs);
    for (const { message } of errors) log().warn(escapeControl(message));
    const current = store.get(record.id);
    if (state === "leaked" && record.sandbox === "none" && current !== undefined) current.leaks = true;
    return errors;
  }

  /**
   * Stops every plugin, dependants first.
   *
   * @returns What failed. Never rejects for it.
   */
  async stopAll(): Promise<Error[]> {
    this.#stops++;
    return await this.#stopLevels(
      this.#own.store.all().filter(({ opened, starting, ending, stopped, reloading, state }) =>
        opened ?? starting ?? ending ?? stopped ?? reloading ?? (state === "unavailable" ? true : undefined)
      ),
    );
  }

  async #stopLevels(records: readonly PluginRecord[]): Promise<Error[]> {
    const errors: Error[] = [];
    for (const level of this.#levelsToStop(records)) {
      // By what now stands there: a reload may have put another in its place since.
      const now = level.map((record) => this.#own.store.get(record.id) ?? record);
      errors.push(...(await Promise.all(now.map((record) => this.stop(record)))).flat());
    }
    return errors;
  }

  /** Dependants before what they depend on. Plugins that were registered later may close a circle; they stop together. */
  #levelsToStop(records: readonly PluginRecord[]): (readonly PluginRecord[])[] {
    try {
      const levels = dependencyLevels(records.map(({ manifest }) => manifest)).reverse();
      const own = new Map(records.map((record) => [record.manifest, record]));
      return levels.map((level) => level.map((manifest) => own.get(manifest)!));
    } catch (error) {
      if (isDependencyCycle(error)) return [records];
      throw error;
    }
  }

  /**
   * Stops one plugin, also one that is still starting; whoever asks while it stops waits for the same. Never rejects:
   * what failed is the result.
   */
  stop(record: PluginRecord): Promise<Error[]> {
    if (record.stopped === undefined) {
      record.stopped = this.#stop(record).finally(() => delete record.stopped);
      refreshLive(record); // no calls from now on
    }
    return record.stopped;
  }

  async #stop(record: PluginRecord): Promise<Error[]> {
    const { states, drainMs, log, store } = this.#own;
    const { replacement } = record;
    if (replacement !== undefined) {
      replacement.stopping = true;
      await interrupt(replacement);
    }
    this.#supervisor.forget(record);
    this.#health?.forget(record);
    const { errors, fault }: Ended = await stopPlugin(record, states, drainMs);
    if (fault !== undefined) log().error(escapeControl(fault.message));
    await record.reloading?.catch(() => {});
    const fresh = store.get(record.id);
    if (fresh !== undefined && fresh !== record) errors.push(...await this.stop(fresh)); // a reload was quicker
    return errors;
  }
}

/** Whether a plugin is not running and may be started: also one that has failed, for what it lacked may be there now. */
function mayStart({ state, opened }: PluginRecord): boolean {
  return state === "registered" || state === "stopped" || (state === "unavailable" && opened === undefined);
}

function isDown({ state }: PluginRecord): boolean {
  return state === "unavailable";
}
