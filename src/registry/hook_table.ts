import type { HookDeclaration } from "../dispatch/mod.ts";
import type { DispatchClass } from "../hookspec/mod.ts";

/** How the hooks of kinds are dispatched: by kind, then hook. */
export type HookDeclarations = Readonly<Record<string, Readonly<Record<string, DispatchClass | HookDeclaration>>>>;

const CLASSES: readonly string[] = ["singleton", "broadcast_collect", "broadcast_notify", "chain", "capability"];
const POLICIES: readonly unknown[] = [undefined, "fail_fast", "best_effort"];

/** What the host declares of hooks. */
export class HookTable {
  readonly #kinds = new Map<string, Map<string, HookDeclaration>>();

  /**
   * Takes the declarations.
   *
   * @param declarations By kind, then hook.
   * @throws {RangeError} At the first that names no dispatch class or error policy.
   */
  constructor(declarations: HookDeclarations = {}) {
    for (const [kind, hooks] of Object.entries(declarations)) {
      const own = new Map<string, HookDeclaration>();
      for (const [hook, declared] of Object.entries(hooks)) {
        const declaration = typeof declared === "string" ? { dispatch: declared } : declared;
        const { dispatch, errorPolicy } = declaration;
        const name = `hooks.${kind}.${hook}`;
        if (!CLASSES.includes(dispatch)) {
          throw new RangeError(
            `Cannot make registry: ${name} is "${dispatch}", expected one of ${CLASSES.join(", ")}`,
          );
        }
        if (!POLICIES.includes(errorPolicy)) {
          throw new RangeError(
            `Cannot make registry: errorPolicy of ${name} is "${errorPolicy}", expected "fail_fast" or "best_effort"`,
          );
        }
        own.set(hook, declaration);
      }
      this.#kinds.set(kind, own);
    }
  }

  /** Whether hooks of a kind are declared. */
  has(kind: string): boolean {
    return this.#kinds.has(kind);
  }

  /** What is declared of a hook. */
  declaration(kind: string, hook: string): HookDeclaration | undefined {
    return this.#kinds.get(kind)?.get(hook);
  }

  /** Whether hooks of a kind are declared, and all of them are singletons. */
  hasOnlySingletons(kind: string): boolean {
    const hooks = [...this.#kinds.get(kind)?.values() ?? []];
    return hooks.length > 0 && hooks.every(({ dispatch }) => dispatch === "singleton");
  }
}
