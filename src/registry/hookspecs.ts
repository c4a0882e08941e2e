import type { HookDeclaration } from "../dispatch/mod.ts";
import { HookspecInvalid, PluginRegistryError } from "../errors.ts";
import {
  camelForm,
  type CompiledHookspec,
  compileHookspec,
  type Hookspec,
  loadHookspec,
  validateHookspec,
} from "../hookspec/mod.ts";
import type { HookTable } from "./hook_table.ts";

/** Whether hooks' inputs and outputs are held against their hookspec, and what becomes of those that do not fit. */
export type HookValidation = "strict" | "warn" | "off";

/** A hookspec that plugins go by. */
export interface RegisteredHookspec {
  readonly hookspec: Hookspec;
  /** What checks values; absent where nothing is checked. */
  readonly compiled: CompiledHookspec | undefined;
}

/** What the hookspecs of a registry need of it. */
export interface HookspecsOptions {
  /** What the host declares of hooks by hand. */
  table: HookTable;
  /** With `off` no schema is compiled. */
  validation: HookValidation;
  /** The plugins of a kind that run, or are about to, as `kind/name`. */
  running: (kind: string) => readonly string[];
}

/** The hookspecs that a host has registered, and all that it has declared of hooks. */
export class Hookspecs {
  readonly #own: HookspecsOptions;
  /** By kind, then major. */
  readonly #kinds = new Map<string, Map<number, RegisteredHookspec>>();
  readonly #declarations = new Map<string, Map<string, HookDeclaration>>();
  /** The name in the hookspec, by either form of it. */
  readonly #names = new Map<string, Map<string, string>>();

  /** @param own What they need. */
  constructor(own: HookspecsOptions) {
    this.#own = own;
  }

  /**
   * Takes a hookspec in; one that is refused changes nothing.
   *
   * @throws {HookspecInvalid} If it is none, or says something else of a hook than what is registered.
   * @throws {PluginRegistryError} If plugins of its kind run.
   */
  async add(given: string | URL | object): Promise<Hookspec> {
    const isFile = typeof given === "string" || given instanceof URL;
    const source = isFile ? String(given) : "addHookspec";
    const hookspec = isFile ? await loadHookspec(given) : validateHookspec(given, source);
    this.#refuse(hookspec, source);
    const compiled = this.#own.validation === "off" ? undefined : await compileHookspec(hookspec);
    this.#refuse(hookspec, source); // another may have been quicker
    this.#put({ hookspec, compiled });
    return hookspec;
  }

  #put(registered: RegisteredHookspec): void {
    const { kind, hooks } = registered.hookspec;
    const versions = this.#kinds.get(kind) ?? new Map<number, RegisteredHookspec>();
    versions.set(majorOf(registered.hookspec), registered);
    this.#kinds.set(kind, versions);
    const declarations = this.#declarations.get(kind) ?? new Map<string, HookDeclaration>();
    const names = this.#names.get(kind) ?? new Map<string, string>();
    for (const { name, dispatch, error_policy } of hooks) {
      declarations.set(name, { dispatch, ...(error_policy === undefined ? {} : { errorPolicy: error_policy }) });
      names.set(name, name);
      names.set(camelForm(name), name);
    }
    this.#declarations.set(kind, declarations);
    this.#names.set(kind, names);
  }

  #refuse(hookspec: Hookspec, source: string): void {
    const { kind, kind_api_version: version } = hookspec;
    const problems = [];
    if (this.#own.table.has(kind)) {
      const expected =
        'a kind that the "hooks" option does not declare: one or the other says how hooks are dispatched';
      problems.push({ path: "kind", expected, found: `"${kind}"` });
    }
    const same = this.#kinds.get(kind)?.get(majorOf(hookspec));
    if (same !== undefined) {
      const { kind_api_version: earlier } = same.hookspec;
      const expected = `another major version than that of "${kind}" ${earlier}, which is registered already`;
      problems.push({ path: "kind_api_version", expected, found: `"${version}"` });
    }
    for (const [i, { name, dispatch, error_policy: policy }] of hookspec.hooks.entries()) {
      const declared = this.#declarations.get(kind)?.get(name);
      if (declared === undefined) continue;
      const [field, wanted, found] = declared.dispatch !== dispatch
        ? ["dispatch", declared.dispatch, dispatch]
        : ["error_policy", declared.errorPolicy, policy];
      if (wanted === found) continue;
      const expected = `"${wanted}", as in the other registered versions of kind "${kind}"`;
      problems.push({ path: `hooks[${i}].${field}`, expected, found: `"${found}"` });
    }
    if (problems.length > 0) throw new HookspecInvalid(source, problems);
    const running = this.#own.running(kind);
    if (running.length > 0) {
      throw new PluginRegistryError(
        `Cannot add hookspec "${kind}" ${version}: ${
          running.join(", ")
        } run; add it before setupAll, or tear them down`,
      );
    }
  }

  /** Whether there is any: then plugins of other kinds are refused. */
  get isEmpty(): boolean {
    return this.#kinds.size === 0;
  }

  /** The kinds, sorted. */
  kinds(): string[] {
    return [...this.#kinds.keys()].sort();
  }

  /** All, by kind, then version. */
  list(): Hookspec[] {
    return this.kinds().flatMap((kind) => this.versions(kind).map(({ hookspec }) => hookspec));
  }

  /** The versions of a kind, lowest first. */
  versions(kind: string): RegisteredHookspec[] {
    return [...this.#kinds.get(kind) ?? []].sort(([a], [b]) => a - b).map(([, registered]) => registered);
  }

  /** That of a kind's major version. */
  get(kind: string, major: number): RegisteredHookspec | undefined {
    return this.#kinds.get(kind)?.get(major);
  }

  /** The name in the hookspec of a hook that may be named in camelCase; as it is where no hookspec knows it. */
  hookName(kind: string, hook: string): string {
    return this.#names.get(kind)?.get(hook) ?? hook;
  }

  /** What is declared of a hook, by a hookspec or by hand. */
  declaration(kind: string, hook: string): HookDeclaration | undefined {
    const declared = this.#declarations.get(kind);
    if (declared === undefined) return this.#own.table.declaration(kind, hook);
    return declared.get(this.hookName(kind, hook));
  }

  /** Whether hooks of a kind are declared, and all of them are singletons. */
  hasOnlySingletons(kind: string): boolean {
    const declared = this.#declarations.get(kind);
    if (declared === undefined) return this.#own.table.hasOnlySingletons(kind);
    return [...declared.values()].every(({ dispatch }) => dispatch === "singleton");
  }
}

/** The major of a hookspec's version. */
export function majorOf({ kind_api_version }: Hookspec): number {
  return Number.parseInt(kind_api_version, 10);
}
