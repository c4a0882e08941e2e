import {
  type AroundCall,
  createPluginView,
  frozenMetadata,
  loggerTo,
  type Next,
  type PluginServices,
  runInCall,
  runningCall,
  SERVICE_METHODS,
  withCallFields,
} from "../context/mod.ts";
import type { OpenHook } from "../dispatch/mod.ts";
import { PluginUnavailable } from "../errors.ts";
import { checkBoundaryValue } from "../json.ts";
import { buildResource, type GivenOffer, type Remote, wrapRemote } from "../resources/mod.ts";
import {
  type CallOptions,
  checkArguments,
  checkMetadata,
  checkResult,
  isThenable,
  type StartedCall,
  type Waiter,
} from "../rpc/mod.ts";
import { carried, carriedByWrap } from "./carried.ts";
import { EndSignal } from "./end_signal.ts";
import { PluginInstance, WRAP } from "./instance.ts";
import { NoneCall } from "./none_call.ts";
import { ResourceView } from "./resource_view.ts";
import { wrapEnded } from "./running_wraps.ts";
import type { LoadedPlugin, OpenScopeOptions, PluginScope, PluginSetup, ResolvedEntryPoint } from "./scope.ts";
import { Tenure } from "./tenure.ts";

/** What a scope without walls needs: an entry point to import, or the code itself. */
export interface NoneScopeOptions extends Omit<OpenScopeOptions, "entry"> {
  code: { entry: ResolvedEntryPoint } | { module: unknown };
  /** Whether the plugin is middleware (`[plugin.chain_wrap]`), whose `wrap` is no hook. @default false */
  wraps?: boolean;
  /** How often an entry point was loaded before: later ones are imported afresh. @default 0 */
  generation?: number;
  /** Whether arguments and results must be such as could cross into a sandbox. @default false */
  strict?: boolean;
}

/**
 * Opens a scope without walls: the plugin shares the host's isolate, its permissions and its fate. Only for plugins
 * that the host trusts by name.
 *
 * @param options The plugin.
 * @returns The scope.
 */
export function openNoneScope(options: NoneScopeOptions): PluginScope {
  return new NoneScope(options);
}

class NoneScope implements PluginScope {
  readonly sandbox = "none";
  readonly ended = new EndSignal();
  readonly #options: NoneScopeOptions;
  readonly #plugin: string;
  readonly #strict: boolean;
  #instance: PluginInstance | undefined;
  #view: ResourceView | undefined;

  constructor(options: NoneScopeOptions) {
    this.#options = options;
    this.#plugin = `${options.plugin.kind}/${options.plugin.name}`;
    this.#strict = options.strict ?? false;
  }

  async load(): Promise<LoadedPlugin> {
    const { code, wraps, generation } = this.#options;
    const options = { wraps, generation };
    this.#instance = "module" in code
      ? await PluginInstance.make(code.module, this.#plugin, options)
      : await PluginInstance.load(code.entry.url, code.entry.exportName, options);
    const { hooks, arities, methods, source } = this.#instance;
    const loaded: LoadedPlugin = { hooks: [...hooks], arities: [...arities], methods: [...methods] };
    if (source !== undefined) loaded.source = source;
    return loaded;
  }

  async setup({ manifest, config, offers, takeReport, inFlight, dependencies, services }: PluginSetup): Promise<void> {
    const resources = new Map<string, unknown>();
    const send = takeReport && ((...report: Parameters<typeof takeReport>) => (takeReport(...report), true));
    const tenure = new Tenure(this.#plugin);
    const view = this.#view = new ResourceView(tenure, send);
    for (const [name, offer] of offers) {
      if (offer.how === "by message") tenure.hold(offer.holders);
      resources.set(name, given(view, name, offer));
    }
    const logger = loggerTo((level, message, fields) => this.#options.log(level, message, withCallFields(fields)));
    const plugin = this.#plugin;
    await this.#loaded().setup(
      createPluginView({
        plugin,
        manifest,
        config,
        logger,
        resources,
        inFlight,
        dependencies,
        services: services && whileItLasts(services, tenure),
      }),
    );
  }

  start(hook: string, args: readonly unknown[], waiter: Waiter, options?: CallOptions): StartedCall | undefined {
    // NB: a call that carries nothing but is made from inside one that does must not be taken for that one.
    const instance = this.#instance;
    if (options !== undefined || instance === undefined || this.#strict || runningCall() !== undefined) {
      return this.#startClosely(hook, args, (own) => own.call(hook, args), waiter, options);
    }
    try {
      settle(instance.call(hook, args), waiter);
    } catch (error) {
      waiter.reject(error);
    }
    return undefined;
  }

  /**
   * A hook that takes one argument, for whoever calls it often, keeps account of the calls, and asks whether it may: the
   * scope is not. Such a call carries nothing, and is not made from inside one that does.
   */
  direct(hook: string): OpenHook {
    const unchecked = this.#loaded().bound(hook);
    if (!this.#strict) return { call: unchecked, unchecked };
    return {
      unchecked,
      call(input) {
        if (!crosses(input)) checkArguments([input], hook);
        return unchecked(input);
      },
      check(result) {
        if (!crosses(result)) checkResult(result, hook);
      },
    };
  }

  startWrap(call: AroundCall, next: Next, waiter: Waiter, options?: CallOptions): StartedCall | undefined {
    let over = false;
    const ending: Waiter = {
      resolve(value) {
        over = true;
        waiter.resolve(value);
      },
      reject(error, early) {
        over = true;
        waiter.reject(error, early);
      },
      late: () => waiter.late?.(),
    };
    const goOn: Next = async (change) => {
      if (over) throw wrapEnded();
      if (this.#strict && change?.args !== undefined) checkArguments(change.args, call.hook);
      return await next(change);
    };
    const { metadata } = call;
    const args = Object.freeze([...call.args]);
    const work = (instance: PluginInstance) =>
      instance.wrap({ ...call, args, metadata: frozenMetadata(metadata) }, goOn);
    return this.#startClosely(WRAP, args, work, ending, carriedByWrap(call, options));
  }

  /** Starts a call that carries something, is checked, or is made from inside one that carries something. */
  #startClosely(
    hook: string,
    args: readonly unknown[],
    work: (instance: PluginInstance) => unknown,
    waiter: Waiter,
    options: CallOptions | undefined,
  ): StartedCall | undefined {
    const instance = this.#instance;
    if (instance === undefined) return this.#refuse(waiter);
    const { metadata, signal } = carried(options) ?? {};
    const check = this.#strict ? (result: unknown) => checkResult(result, hook) : undefined;
    try {
      if (signal?.aborted === true) throw signal.reason;
      if (this.#strict) checkArguments(args, hook);
      if (metadata !== undefined) {
        checkMetadata(metadata, hook);
        const call = new NoneCall(this.#plugin, hook, frozenMetadata(metadata), waiter);
        call.run(() => work(instance), check, signal);
        return call;
      }
      const inside = runningCall() !== undefined;
      const result = inside ? runInCall(undefined, () => work(instance)) : work(instance);
      if (check === undefined) settle(result, waiter);
      else if (isThenable(result)) settle(checked(result, check), waiter);
      else {
        check(result);
        waiter.resolve(result);
      }
    } catch (error) {
      waiter.reject(error);
    }
    return undefined;
  }

  explain(error: unknown): unknown {
    return error;
  }

  teardown(): Promise<unknown> {
    return this.#loaded().teardown();
  }

  #refuse(waiter: Waiter): undefined {
    waiter.reject(this.#tornDown());
  }

  #loaded(): PluginInstance {
    if (this.#instance !== undefined) return this.#instance;
    throw this.#tornDown();
  }

  #tornDown(): PluginUnavailable {
    return new PluginUnavailable(this.#plugin, "it is torn down");
  }

  /** Calls under way go on: nothing can end them, and whoever made them tells those who wait. */
  close(): Promise<void> {
    this.#instance = undefined;
    this.#view?.end();
    this.ended.finish("closed");
    return Promise.resolve();
  }
}

/** What stands for an offer where the host is in the same isolate. */
function given(view: ResourceView, name: string, offer: GivenOffer): unknown {
  if (offer.how === "by message") {
    const remote = view.ofHost(name, offer.instance);
    return offer.wrap === undefined ? remote : wrapRemote(offer.wrap, remote as Remote);
  }
  const resource = offer.instance ?? buildResource(offer.data);
  return offer.data.type === "nothing" ? resource : view.inScope(name, resource, offer.isReported === true);
}

/** Tells a waiter what a hook gave, with as little as can be: a promise of the language needs no second one around it. */
function settle(result: unknown, waiter: Waiter): void {
  if (typeof result !== "object" || !isThenable(result)) return waiter.resolve(result);
  const promise = result instanceof Promise ? result : Promise.resolve(result);
  promise.then((value) => waiter.resolve(value), (error) => waiter.reject(error));
}

async function checked(result: PromiseLike<unknown>, check: (value: unknown) => void): Promise<unknown> {
  const value = await result;
  check(value);
  return value;
}

/** Whether a value is plain JSON, or bytes. Who is told no asks again: there is more that may cross. */
function crosses(value: unknown): boolean {
  try {
    checkBoundaryValue(value, "value");
    return true;
  } catch {
    return false;
  }
}

/** What the host does for a plugin, until that is torn down. */
function whileItLasts(services: PluginServices, tenure: Tenure): PluginServices {
  const method = (name: keyof PluginServices) => (...args: unknown[]) => {
    tenure.check();
    return Reflect.apply(services[name] as (...args: unknown[]) => unknown, services, args);
  };
  return Object.fromEntries(SERVICE_METHODS.map((name) => [name, method(name)])) as unknown as PluginServices;
}
