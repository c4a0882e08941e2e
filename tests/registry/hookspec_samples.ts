/** A kind of the tests' own, and plugins for it. */
import type { JsonSchema } from "@dagstack/plugin-system";

const TEXT: JsonSchema = {
  type: "object",
  required: ["text"],
  properties: { text: { type: "string", maxLength: 40 } },
};

/** A hook as a hookspec file has it. */
export interface SampleHook {
  name: string;
  dispatch: string;
  [field: string]: unknown;
}

/** A hook that takes and gives `{ text }`. */
export function hook(name: string, dispatch = "singleton", more: Record<string, unknown> = {}): SampleHook {
  return { name, dispatch, description: "Does it.", input_schema: TEXT, output_schema: TEXT, ...more };
}

/** A hookspec as a value. */
export function spec(hooks: readonly SampleHook[], kind = "thing", version = "1.0.0"): object {
  return { kind, kind_api_version: version, description: "A kind of the tests.", hooks };
}

/** A function that a tool lists. */
export function listed(name: string, properties: Record<string, unknown> = {}, required: string[] = []) {
  return { name, description: `Does ${name}.`, parameters: { type: "object", properties, required } };
}

/** A tool over functions. */
export function tool(
  functions: Record<string, (args: Record<string, unknown>) => unknown>,
  schemas: readonly unknown[] = Object.keys(functions).map((name) => listed(name)),
) {
  return {
    get_schema: () => schemas,
    execute: async ({ function: name, args }: { function: string; args: Record<string, unknown> }) => ({
      result: await functions[name]!(args),
    }),
  };
}
