import type { SchemaProblem } from "../schema/mod.ts";
import type { HookDefinition, Hookspec } from "./hookspec.ts";

/** A hook with its schemas compiled. */
export interface CompiledHook {
  /** What the hookspec says of it. */
  readonly definition: HookDefinition;
  /** Checks what it is called with. */
  checkInput(value: unknown): SchemaProblem | undefined;
  /** Checks what it answers. */
  checkOutput(value: unknown): SchemaProblem | undefined;
}

/** A hookspec with its schemas compiled. */
export interface CompiledHookspec {
  /** The hookspec. */
  readonly hookspec: Hookspec;
  /** Its hooks by name, in the order of the file. */
  readonly hooks: ReadonlyMap<string, CompiledHook>;
}
