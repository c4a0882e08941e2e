import { compileSchema } from "../schema/mod.ts";
import type { CompiledHook, CompiledHookspec } from "./compiled.ts";
import type { Hookspec } from "./hookspec.ts";

/**
 * Compiles every schema of a hookspec. The JSON Schema library loads here, and only here.
 *
 * @param hookspec What `loadHookspec` or `validateHookspec` gave.
 * @returns Its hooks, each with its two checks.
 * @throws {HookspecInvalid} If one of its schemas cannot be compiled.
 */
export async function compileHookspec(hookspec: Hookspec): Promise<CompiledHookspec> {
  const hooks = new Map<string, CompiledHook>();
  for (const definition of hookspec.hooks) {
    const name = `${hookspec.kind}.${definition.name}`;
    const checkInput = await compileSchema(definition.input_schema, `input of ${name}`);
    const checkOutput = await compileSchema(definition.output_schema, `output of ${name}`);
    hooks.set(definition.name, { definition, checkInput, checkOutput });
  }
  return { hookspec, hooks };
}
