import { type AroundCall, type Next, SERVICE_METHODS } from "../context/mod.ts";
import { withLimit } from "../deadlines.ts";
import { HookTimeout, PluginUnavailable } from "../errors.ts";
import { checkBoundaryValue } from "../json.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { GivenOffer } from "../resources/mod.ts";
import type { CallOptions, StartedCall, Waiter } from "../rpc/mod.ts";
import { carried, carriedByWrap } from "./carried.ts";
import { EndSignal } from "./end_signal.ts";
import type { GuestHost } from "./guest_link.ts";
import {
  CONTROL_TARGET,
  type LoadReply,
  type LoadRequest,
  type SentResource,
  type SetupRequest,
  type WrapHeader,
} from "./guest_protocol.ts";
import { WRAP } from "./instance.ts";
import { explainRefusal } from "./refusal.ts";
import { RunningWraps } from "./running_wraps.ts";
import type { Ending, LoadedPlugin, OpenScopeOptions, PluginScope, PluginSetup } from "./scope.ts";
import { Tenure } from "./tenure.ts";

/** What a plugin's place in a guest needs. */
export interface SlotScopeOptions extends OpenScopeOptions {
  manifest: Manifest;
  host: GuestHost;
  /** What must have been found sound before anything of the plugin runs: its folder. */
  checked: Promise<unknown>;
  /** Milliseconds that the guest may take until it has started; `Infinity` when somebody debugs it. */
  readyTimeoutMs: number;
  /** For `thread_cpu_bound`: the workers that share the plugin's calls. */
  pool?: LoadRequest["pool"];
  /** How often the plugin was loaded before by the same guest: it is imported afresh. @default 0 */
  generation?: number;
  /** Ends the plugin's place. @default the host's own end */
  release?: (ending: Ending, reason?: string) => Promise<void>;
}

/** A plugin in a guest: the only one there, or one of a group. The same for processes and workers. */
export class SlotScope implements PluginScope {
  readonly sandbox: "process" | "worker";
  readonly ended = new EndSignal();
  readonly #options: SlotScopeOptions;
  readonly #slot: number;
  readonly #wraps = new RunningWraps();
  readonly #tenure: Tenure;

  /** @param options The plugin, and the guest that it lives in. */
  constructor(options: SlotScopeOptions) {
    this.#options = options;
    this.sandbox = options.host.sandbox;
    this.#slot = options.host.link.openSlot(options.log);
    this.#tenure = new Tenure(this.#plugin);
    options.host.ended.listen((reason) => this.ended.tell(reason));
    options.host.ended.promise.then((reason) => this.ended.finish(reason));
  }

  get #plugin(): string {
    return `${this.#options.plugin.kind}/${this.#options.plugin.name}`;
  }

  async load(): Promise<LoadedPlugin> {
    const { checked, entry, pool, generation, manifest, host } = this.#options;
    await checked;
    const request: LoadRequest = {
      slot: this.#slot,
      plugin: this.#plugin,
      url: entry.url,
      exportName: entry.exportName,
    };
    if (pool !== undefined) request.pool = pool;
    if (generation !== undefined) request.generation = generation;
    if (manifest.chain_wrap !== undefined) request.next = host.link.resources.open(this.#wraps.handler);
    const loading = this.#control("load", request);
    loading.catch(() => {}); // a guest that never gets ready is told below
    await this.#readyInTime();
    const reply = await loading as Partial<Record<keyof LoadReply, unknown>> | null;
    const hooks = names(reply?.hooks);
    const loaded: LoadedPlugin = {
      hooks,
      arities: numbers(reply?.arities, hooks.length),
      methods: names(reply?.methods),
    };
    if (typeof reply?.source === "string") loaded.source = reply.source;
    return loaded;
  }

  async #readyInTime(): Promise<void> {
    const { host, readyTimeoutMs } = this.#options;
    const started = Promise.race([host.link.ready, host.ended.promise]); // of one that has ended, the answer to `load` says why
    if (readyTimeoutMs === Infinity) await started;
    else {
      await withLimit(
        started,
        readyTimeoutMs,
        (elapsedMs) => new HookTimeout("ready", readyTimeoutMs, elapsedMs, { plugin: this.#plugin }),
      );
    }
  }

  async setup({ manifest, config, offers, takeReport, dependencies = [], services }: PluginSetup): Promise<void> {
    const resources: SetupRequest["resources"] = [];
    for (const [name, offer] of offers) resources.push([name, this.#send(offer)]);
    checkBoundaryValue(config, `configuration of plugin "${this.#plugin}"`);
    const request: SetupRequest = { slot: this.#slot, manifest, config, resources, dependencies };
    const { resources: targets } = this.#options.host.link;
    if (services !== undefined) request.services = targets.serveServices(services, SERVICE_METHODS, this.#tenure);
    if (takeReport !== undefined) {
      request.reports = targets.open((_method, [calls, dropped]) => takeReport(calls, dropped));
    }
    await this.#control("setup", request);
  }

  #send(offer: GivenOffer): SentResource {
    if (offer.how === "in scope") {
      return offer.isReported === true ? { data: offer.data, isReported: true } : { data: offer.data };
    }
    const { instance, methods, wrap, holders } = offer;
    this.#tenure.hold(holders);
    const target = this.#options.host.link.resources.serve(instance, methods, this.#tenure);
    return wrap === undefined ? { target, methods } : { target, methods, wrap };
  }

  start(hook: string, args: readonly unknown[], waiter: Waiter, options?: CallOptions): StartedCall | undefined {
    return this.#options.host.link.connection.start(this.#slot, hook, args, waiter, carried(options));
  }

  startWrap(call: AroundCall, next: Next, waiter: Waiter, options?: CallOptions): StartedCall | undefined {
    const { kind, plugin, hook, resource, args, metadata } = call;
    const own = carriedByWrap(call, options);
    const header: WrapHeader = { kind, plugin, hook };
    if (resource !== undefined) header.resource = resource;
    if (own?.metadata !== undefined && own.metadata !== metadata) header.metadata = metadata;
    const { token, waiter: ending } = this.#wraps.begin(next, waiter);
    return this.start(WRAP, [...args, token, header], ending, own);
  }

  /** A refusal by Deno speaks of flags that nobody can pass here; make it speak of the manifest. */
  explain(error: unknown): unknown {
    // What is told to all calls of a guest names the guest, which may be a group.
    if (error instanceof PluginUnavailable && error.plugin?.startsWith("group ") === true) {
      return new PluginUnavailable(this.#plugin, error.reason, { cause: error });
    }
    return error instanceof Error ? explainRefusal(error, this.#options.manifest) : error;
  }

  teardown(): Promise<unknown> {
    return this.#control("teardown", { slot: this.#slot });
  }

  #control(method: string, request: unknown): Promise<unknown> {
    return this.#options.host.link.connection.call(CONTROL_TARGET, method, [request]).catch((error) => {
      throw this.explain(error);
    });
  }

  async close(ending: Ending, reason?: string): Promise<void> {
    const { host, release } = this.#options;
    this.#tenure.end();
    await (release === undefined ? host.close(ending, reason) : release(ending, reason));
    host.link.closeSlot(this.#slot);
    this.ended.finish("closed");
  }
}

/** What a guest says that is to be a list of names. */
/** As many numbers as there are hooks. NB: what a forged reply lacks counts as 0, which every hookspec admits. */
function numbers(list: unknown, count: number): number[] {
  const given: unknown[] = Array.isArray(list) ? list : [];
  return Array.from({ length: count }, (_, i) => typeof given[i] === "number" ? given[i] : 0);
}

function names(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((name) => typeof name === "string") : [];
}
