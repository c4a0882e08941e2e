import type { FunctionListing } from "../dispatch/mod.ts";
import { withLimit } from "../deadlines.ts";
import { HookTimeout } from "../errors.ts";
import type { PluginRecord } from "./record.ts";
import { ToolFunctions } from "./tool_functions.ts";

/** What a plugin may take to say what it lists, in milliseconds, where hooks may take longer. */
const MAX_ASK_MS = 5000;
/** How long a plugin that did not say is not asked again. */
const RETRY_MS = 10_000;

/** What is known of one instance of a plugin. */
interface Known {
  functions?: ToolFunctions;
  asking?: Promise<ToolFunctions>;
  failed?: { error: unknown; at: number };
}

/** What the catalogue needs of the registry. */
export interface ToolCatalogueOptions {
  /** The plugin of an id, as it is now. */
  find: (id: string) => PluginRecord | undefined;
  /** Calls `get_schema`. */
  ask: (record: PluginRecord) => Promise<unknown>;
  /** What a hook may take. */
  limitMs: number;
}

/**
 * What the plugins of kind `tool` list. Each instance is asked once, when somebody needs to know, and whoever asks
 * meanwhile waits for the same answer; one that failed is asked again some seconds later.
 */
export class ToolCatalogue implements FunctionListing {
  readonly #own: ToolCatalogueOptions;
  /** By the instance: a plugin that is started again is another. */
  readonly #known = new WeakMap<object, Known>();

  /** @param own What it needs. */
  constructor(own: ToolCatalogueOptions) {
    this.#own = own;
  }

  known(plugin: string): ToolFunctions | undefined {
    const record = this.#own.find(plugin);
    return record === undefined ? undefined : this.of(record);
  }

  /** What a plugin lists, where it is known. */
  of({ opened }: PluginRecord): ToolFunctions | undefined {
    return opened === undefined ? undefined : this.#known.get(opened)?.functions;
  }

  async ask(plugin: string): Promise<ToolFunctions> {
    const record = this.#own.find(plugin);
    if (record === undefined) throw new Error(`Cannot ask plugin "${plugin}": it is not registered any more`);
    return await this.askRecord(record);
  }

  /** Asks a plugin, unless it has said. @throws Why it does not say. */
  askRecord(record: PluginRecord): Promise<ToolFunctions> {
    const key = record.opened ?? record;
    let known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, known = {});
    if (known.functions !== undefined) return Promise.resolve(known.functions);
    if (known.failed !== undefined && performance.now() - known.failed.at < RETRY_MS) {
      return Promise.reject(known.failed.error);
    }
    return known.asking ??= this.#ask(record, known);
  }

  async #ask(record: PluginRecord, known: Known): Promise<ToolFunctions> {
    const ms = Math.min(MAX_ASK_MS, this.#own.limitMs);
    const late = (elapsedMs: number) =>
      new HookTimeout("hook", ms, elapsedMs, { plugin: record.id, hook: "get_schema" });
    try {
      const isOurs = record.trusted && record.sandbox === "none";
      const answer = await withLimit(this.#own.ask(record), ms, late);
      return known.functions = new ToolFunctions(record.id, isOurs, answer);
    } catch (error) {
      known.failed = { error, at: performance.now() };
      throw error;
    } finally {
      delete known.asking;
    }
  }
}
