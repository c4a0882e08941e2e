/** A running plugin that is nothing but functions in memory. */
import type { CallOptions, DispatchTarget, HookDeclaration, Waiter } from "../../src/dispatch/mod.ts";
import { type Manifest, validateManifest } from "../../src/manifest/mod.ts";

// deno-lint-ignore ban-types -- a hook may take anything
type Hooks = Record<string, Function>;

interface Behaviour {
  hooks?: Hooks;
  matches?: (input: unknown, options?: CallOptions) => unknown;
  declaration?: (hook: string) => HookDeclaration | undefined;
}

/** A manifest by `kind/name`. */
export function manifestOf(id: string, fields: Record<string, unknown> = {}): Manifest {
  const [kind, name] = id.split("/");
  const base = { runtime: "in_process", core_version: "*", entry_point: "plugin:P" };
  return validateManifest({ ...base, kind, name, ...fields }, id);
}

export class FakeTarget implements DispatchTarget {
  readonly manifest: Manifest;
  readonly hooks: ReadonlySet<string>;
  readonly matches?: (input: unknown, options?: CallOptions) => Promise<unknown>;
  readonly declaration?: (hook: string) => HookDeclaration | undefined;
  /** What it was called with. */
  readonly calls: { hook: string; args: readonly unknown[]; options: CallOptions | undefined }[] = [];
  /** What it was told of its failures. */
  readonly heard: unknown[][] = [];
  /** How often it was told that it answered. */
  answers = 0;
  readonly #hooks: Hooks;

  constructor(id: string, fields: Record<string, unknown> = {}, behaviour: Behaviour = {}) {
    this.manifest = manifestOf(id, fields);
    this.#hooks = behaviour.hooks ?? { run: () => this.manifest.name };
    this.hooks = new Set(Object.keys(this.#hooks));
    const { matches, declaration } = behaviour;
    if (matches !== undefined) this.matches = async (input, options) => await matches(input, options);
    if (declaration !== undefined) this.declaration = declaration;
  }

  start(hook: string, args: readonly unknown[], waiter: Waiter, options?: CallOptions): void {
    this.calls.push({ hook, args, options });
    let over = false;
    const once = (tell: (value: unknown) => void) => (value: unknown) => {
      if (!over) tell(value);
      over = true;
    };
    const resolve = once((value) => waiter.resolve(value));
    const reject = once((error) => waiter.reject(error));
    const signal = options?.signal;
    if (signal?.aborted === true) return reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    try {
      const result: unknown = this.#hooks[hook]!(...args);
      if (result instanceof Promise) result.then(resolve, reject);
      else resolve(result);
    } catch (error) {
      reject(error);
    }
  }

  failed(...told: [hook: string, where: string, error: unknown]): void {
    this.heard.push(told);
  }

  answered(): void {
    this.answers++;
  }
}

/** A plugin `kind/name` whose hook `run` is a function. */
export function runs(
  id: string,
  // deno-lint-ignore ban-types -- a hook may take anything
  run: Function,
  fields: Record<string, unknown> = {},
  behaviour: Behaviour = {},
): FakeTarget {
  return new FakeTarget(id, fields, { hooks: { run }, ...behaviour });
}

/** A function that throws. */
export function throwing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

/** The names of targets. */
export function namesOf(targets: readonly { manifest: Manifest }[]): string[] {
  return targets.map(({ manifest }) => manifest.name);
}

export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
