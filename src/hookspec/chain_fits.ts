import { type Finding, schemaFits } from "../schema/mod.ts";
import type { HookDefinition } from "./hookspec.ts";

/** A chain that may break: what one plugin answers is not what the next one takes. */
export interface ChainProblem {
  /** The hook. */
  readonly hook: string;
  /** Where in its `input_schema`: `hooks.rewrite.input_schema.properties.text`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Finds the chains whose stages do not fit each other. Each plugin is handed what the one before it answered, so every value that
 * `output_schema` accepts must be one that `input_schema` accepts; what cannot be shown counts as a problem, too.
 */
export function chainProblems(hooks: readonly HookDefinition[]): ChainProblem[] {
  return hooks.filter((hook) => hook.dispatch === "chain").flatMap((hook): ChainProblem[] => {
    const fit = schemaFits(hook.output_schema, hook.input_schema);
    if (fit.fits === true) return [];
    const path = [`hooks.${hook.name}.input_schema`, fit.path].filter((part) => part !== "").join(".").replaceAll(
      ".[",
      "[",
    );
    const expected =
      "an output_schema of which every value fits input_schema, as the next plugin of a chain is given it";
    const advice = "; write what input_schema says there into output_schema as well";
    const found = fit.fits === false
      ? `${shortJson(fit.witness)} fits output_schema, but not ${path}: ${fit.reason}${advice}`
      : `cannot show that it fits ${path}: ${fit.reason}${advice}, or let both be the same schema`;
    return [{ hook: hook.name, path, expected, found }];
  });
}

/** The same as findings, placed at the `output_schema`. */
export function chainFindings(hooks: readonly HookDefinition[]): Finding[] {
  return chainProblems(hooks).map(({ hook, expected, found }): Finding => {
    const index = hooks.findIndex(({ name }) => name === hook);
    return { file: "", steps: ["hooks", index, "output_schema"], at: "value", expected, found };
  });
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
