import { withLimit } from "../deadlines.ts";
import { AmbiguousPlugin, HookInputInvalid, HookTimeout, KindUnknown, NoCapabilityMatch } from "../errors.ts";
import { nearNames } from "../near.ts";
import { admitted, type DispatchOptions } from "./filter.ts";
import { byPriority } from "./order.ts";
import type { SingletonOptions } from "./singleton.ts";
import { asError, idOf, type PreparedDispatch, type Stage, stagesFor, startStage } from "./stages.ts";
import type { DispatchTarget, Waiter } from "./target.ts";

/** The functions that a plugin lists. */
export interface ListedFunctions {
  /** Whether it lists one. */
  has(name: string): boolean;
  /** All of them. */
  keys(): Iterable<string>;
}

/** What plugins list, each by `kind/name`. */
export interface FunctionListing {
  /** What a plugin lists, where that is known. */
  known(plugin: string): ListedFunctions | undefined;
  /** Finds out. @throws Why it cannot be known. */
  ask(plugin: string): Promise<ListedFunctions>;
}

/** A plugin that could not be asked. */
interface Silent {
  plugin: string;
  error: Error;
}

/** A dispatch to the plugin that lists the input's `function`, made ready: `execute` of kind `tool` (SPEC section 7). */
export class PreparedByFunction implements PreparedDispatch {
  readonly #kind: string;
  readonly #hook: string;
  readonly #listing: FunctionListing;
  readonly #options: SingletonOptions;
  readonly #stages: readonly Stage[];

  /**
   * Finds the candidates.
   *
   * @throws {KindUnknown | DispatchMismatch | HookUnknown} If there are none.
   */
  constructor(
    kind: string,
    hook: string,
    plugins: readonly DispatchTarget[],
    listing: FunctionListing,
    options: SingletonOptions = {},
  ) {
    this.#kind = kind;
    this.#hook = hook;
    this.#listing = listing;
    this.#options = options;
    this.#stages = stagesFor(kind, hook, "singleton", byPriority(plugins));
  }

  /** Calls the plugin, once it is known which. */
  start(input: unknown, waiter: Waiter, options?: DispatchOptions): void {
    let stage: Stage;
    try {
      options?.signal?.throwIfAborted();
      const name = this.#functionOf(input);
      const stages = admitted(this.#stages, this.#kind, this.#hook, input, options);
      if (stages.some((one) => this.#listing.known(idOf(one)) === undefined)) {
        this.#askAndStart(stages, name, input, waiter, options).catch((error) => waiter.reject(error));
        return;
      }
      stage = this.#select(stages, [], name, input, options);
    } catch (error) {
      return waiter.reject(error);
    }
    startStage(stage, input, waiter, options);
  }

  #functionOf(input: unknown): string {
    const name: unknown = typeof input === "object" && input !== null ? Reflect.get(input, "function") : undefined;
    if (typeof name === "string") return name;
    const found = name === undefined ? "nothing" : name === null ? "null" : `a ${typeof name}`;
    throw new HookInputInvalid(this.#kind, this.#hook, {
      path: "$.function",
      expected: "the name of a function",
      found,
    });
  }

  /** The caller's limit and signal hold for the questions too. */
  async #askAndStart(
    stages: readonly Stage[],
    name: string,
    input: unknown,
    waiter: Waiter,
    options: DispatchOptions = {},
  ): Promise<void> {
    const { signal, timeoutMs } = options;
    const start = performance.now();
    const silent: Silent[] = [];
    const asking = Promise.all(stages.map(async (stage) => {
      const plugin = idOf(stage);
      await this.#listing.ask(plugin).catch((error) => silent.push({ plugin, error: asError(error) }));
    }));
    const late = (elapsedMs: number) =>
      new HookTimeout("hook", timeoutMs!, elapsedMs, { plugin: this.#kind, hook: this.#hook });
    await untilAborted(timeoutMs === undefined ? asking : withLimit(asking, timeoutMs, late), signal);
    const stage = this.#select(stages, silent, name, input, options);
    if (timeoutMs === undefined) return startStage(stage, input, waiter, options);
    const left = timeoutMs - (performance.now() - start);
    if (left <= 0) throw late(timeoutMs - left);
    startStage(stage, input, waiter, { ...options, timeoutMs: left });
  }

  #select(
    stages: readonly Stage[],
    silent: readonly Silent[],
    name: string,
    input: unknown,
    options: DispatchOptions = {},
  ): Stage {
    const listing = stages.filter((stage) => this.#listing.known(idOf(stage))?.has(name) === true);
    if (listing.length === 0) throw this.#nobody(stages, silent, name);
    const { route, active } = this.#options;
    const routed = route?.(listing.map(({ target }) => target.manifest), input, options);
    if (routed !== undefined) return this.#named(routed, listing, name);
    if (listing.length === 1) return listing[0]!;
    const wanted = active?.(); // says which of several, and keeps no function from being called
    const chosen = wanted === undefined ? undefined : listing.find((stage) => nameOf(stage) === wanted);
    if (chosen !== undefined) return chosen;
    const candidates = listing.map(idOf);
    throw new AmbiguousPlugin(
      `Cannot dispatch "${this.#hook}" of function "${name}": ${candidates.join(" and ")} list it; ` +
        `rename one, set a routing policy, or name the plugin with call`,
      candidates,
    );
  }

  #named(wanted: string, listing: readonly Stage[], name: string): Stage {
    const stage = listing.find((one) => nameOf(one) === wanted);
    if (stage !== undefined) return stage;
    throw new KindUnknown(
      `Cannot dispatch "${this.#hook}" of function "${name}": the routing policy names "${wanted}", and ` +
        `${listing.map((one) => `"${nameOf(one)}"`).join(", ")} of kind "${this.#kind}" list it`,
    );
  }

  #nobody(stages: readonly Stage[], silent: readonly Silent[], name: string): NoCapabilityMatch {
    const all = stages.flatMap((stage) => [...this.#listing.known(idOf(stage))?.keys() ?? []]);
    const near = nearNames(name, new Set(all)).slice(0, 5);
    const shown = (near.length > 0 ? near : all.slice(0, 20)).map((one) => JSON.stringify(one));
    const known = near.length > 0 ? `did you mean ${shown.join(" or ")}?` : `listed are ${shown.join(", ") || "none"}`;
    const failed = silent.map(({ plugin, error }) => `${plugin} could not be asked: ${error.message}`);
    const reason = [`no plugin lists function ${JSON.stringify(name.slice(0, 128))}; ${known}`, ...failed].join("; ");
    return new NoCapabilityMatch(this.#kind, this.#hook, { function: name }, reason);
  }
}

const nameOf = ({ target }: Stage) => target.manifest.name;

/** Waits, unless the signal aborts first. @throws The signal's reason, then. */
export async function untilAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return void await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    work.catch(() => {}); // whoever gave up does not hear of it
  }
}
