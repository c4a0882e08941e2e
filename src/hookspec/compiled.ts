import type { HookDefinition, Hookspec } from "./hookspec.ts";

/** Where a value is not what a schema says, and how. */
export interface SchemaProblem {
  /** Where inside the value, for example `$.items[3].name`. */
  readonly path: string;
  /** What may stand there, in words. */
  readonly expected: string;
  /** What stands there, as short text. */
  readonly found: string;
}

/** Checks a value; `undefined` when it fits. Never throws at a JSON value. */
export type SchemaCheck = (value: unknown) => SchemaProblem | undefined;

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
