import { AmbiguousPlugin, NoCapabilityMatch } from "../errors.ts";
import { nearNames } from "../near.ts";
import { CAPABILITY_FIELDS, type CapabilityEntry, declaresNothing } from "./capability_entry.ts";
import { CapabilityIndex } from "./capability_index.ts";
import { type Asked, readAsked } from "./capability_input.ts";
import { type Admission, admission, type DispatchOptions } from "./filter.ts";
import { byPriority } from "./order.ts";
import { idOf, type PreparedDispatch, type Stage, stagesFor, startStage } from "./stages.ts";
import type { DispatchTarget, Waiter } from "./target.ts";

/** A dispatch to the plugin that can, made ready. */
export class PreparedCapability implements PreparedDispatch {
  readonly #kind: string;
  readonly #hook: string;
  readonly #index: CapabilityIndex;
  /** Those with `fallback = true`. */
  readonly #declared: readonly CapabilityEntry[];
  /** Those that declare no `supports_*` at all. */
  readonly #undeclared: readonly CapabilityEntry[];

  /**
   * Finds the candidates, and makes the index.
   *
   * @throws {KindUnknown | DispatchMismatch | HookUnknown} If there are none.
   */
  constructor(kind: string, hook: string, plugins: readonly DispatchTarget[]) {
    this.#kind = kind;
    this.#hook = hook;
    this.#index = new CapabilityIndex(stagesFor(kind, hook, "capability", byPriority(plugins)));
    const isFallback = ({ stage }: CapabilityEntry) => stage.target.manifest.fallback;
    this.#declared = this.#index.entries.filter(isFallback);
    this.#undeclared = this.#index.entries.filter((entry) => !isFallback(entry) && declaresNothing(entry));
  }

  /**
   * Chooses the one that is called. At once, unless a plugin's own `matches` has a say.
   *
   * @throws {NoCapabilityMatch} If none matches and there is no fallback; or as a rejection, as all else.
   * @throws {AmbiguousPlugin} If a fallback is needed, and several are declared.
   */
  select(input: unknown, options?: DispatchOptions): Stage | Promise<Stage> {
    const asked = readAsked(input);
    const admits = admission(this.#hook, input, options);
    const matching = this.#index.find(asked);
    const first = firstOf(matching, admits);
    if (first !== undefined && first.target.matches === undefined) return first;
    if (first === undefined) {
      const fallback = this.#declaredFallback(admits) ?? firstOf(this.#undeclared, admits);
      if (fallback === undefined) throw this.#noMatch(asked);
      if (fallback.target.manifest.fallback || fallback.target.matches === undefined) return fallback;
    }
    return this.#ask(matching, asked, admits, input, options);
  }

  /** Calls the one chosen. */
  start(input: unknown, waiter: Waiter, options?: DispatchOptions): void {
    let chosen: Stage | Promise<Stage>;
    try {
      options?.signal?.throwIfAborted();
      chosen = this.select(input, options);
    } catch (error) {
      return waiter.reject(error);
    }
    if (!(chosen instanceof Promise)) return startStage(chosen, input, waiter, options);
    chosen.then((stage) => startStage(stage, input, waiter, options), (error) => waiter.reject(error));
  }

  /** As above, where a plugin's own `matches` has a say. */
  async #ask(
    matching: readonly CapabilityEntry[],
    asked: Asked,
    admits: Admission | undefined,
    input: unknown,
    options: DispatchOptions | undefined,
  ): Promise<Stage> {
    const refused = new Set<CapabilityEntry>();
    const firstWilling = async (entries: readonly CapabilityEntry[]) => {
      for (const entry of entries) {
        if (refused.has(entry) || admits?.(entry.stage) === false) continue;
        if (await this.#isWilling(entry.stage, input, options)) return entry.stage;
        refused.add(entry);
      }
    };
    const stage = await firstWilling(matching) ?? this.#declaredFallback(admits) ??
      await firstWilling(this.#undeclared);
    if (stage === undefined) throw this.#noMatch(asked);
    return stage;
  }

  async #isWilling({ target }: Stage, input: unknown, options: DispatchOptions | undefined): Promise<boolean> {
    if (target.matches === undefined) return true;
    try {
      const answer = await target.matches(input, options);
      options?.signal?.throwIfAborted();
      return answer === true;
    } catch (error) {
      options?.signal?.throwIfAborted(); // then the plugin is not to blame
      target.failed?.(this.#hook, "matches", error);
      return false;
    }
  }

  #declaredFallback(admits: Admission | undefined): Stage | undefined {
    if (this.#declared.length === 0) return undefined;
    const stages = this.#declared.map(({ stage }) => stage).filter((stage) => admits?.(stage) !== false);
    if (stages.length < 2) return stages[0];
    const candidates = stages.map(idOf);
    throw new AmbiguousPlugin(
      `Cannot dispatch "${this.#hook}" to the fallback of kind "${this.#kind}": ` +
        `${candidates.join(", ")} have fallback = true, at most one may`,
      candidates,
    );
  }

  #noMatch({ capabilities, ...fields }: Asked): NoCapabilityMatch {
    const asked: Record<string, string | readonly string[]> = {};
    const reasons: string[] = [];
    for (const field of CAPABILITY_FIELDS) {
      const value = fields[field];
      if (value === undefined) continue;
      asked[field] = value;
      reasons.push(`${field} "${value}"${suggestion(value, this.#index.known(field))}`);
    }
    if (capabilities.length > 0) asked.capabilities = capabilities;
    for (const tag of capabilities) reasons.push(`capability "${tag}"${suggestion(tag, this.#index.known("tag"))}`);
    const reason = reasons.length === 0
      ? "the input has no language, extension, mime_type or capabilities to choose by"
      : `no plugin takes ${reasons.join(" and ")}`;
    return new NoCapabilityMatch(this.#kind, this.#hook, asked, `${reason}, and there is no fallback`);
  }
}

function firstOf(entries: readonly CapabilityEntry[], admits: Admission | undefined): Stage | undefined {
  if (admits === undefined) return entries[0]?.stage;
  return entries.find(({ stage }) => admits(stage))?.stage;
}

/** Why a value may have found nobody. */
function suggestion(value: string, known: readonly string[]): string {
  if (known.includes(value)) return "";
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`);
  const near = quoted(nearNames(value, known).slice(0, 5));
  if (near.length > 0) return ` (did you mean ${near.join(" or ")}?)`;
  return ` (known: ${quoted(known.slice(0, 20)).join(", ") || "none"})`;
}
