/** What plugins of a kind must be able to do. Row 1. */
export { camelForm } from "./camel_form.ts";
export type { DispatchClass, ErrorPolicy, HookDefinition, Hookspec, JsonSchema } from "./hookspec.ts";
export { ORCHESTRATOR_HOOKSPEC, TOOL_HOOKSPEC } from "./built_in.generated.ts";
export type { CompiledHook, CompiledHookspec, SchemaCheck, SchemaProblem } from "./compiled.ts";
export { compileHookspec } from "./compile_hookspec.ts";
export { compileSchema } from "./compile_schema.ts";
export { loadHookspec } from "./load_hookspec.ts";
export { validateHookspec } from "./validate_hookspec.ts";
export { type ChainProblem, chainProblems } from "./chain_fits.ts";
export { diffHookspecs, type HookspecDiff } from "./diff.ts";
export type { HookspecChange } from "./diff_change.ts";
export type { VersionBump, VersionStep } from "./diff_version.ts";
export { sampleValues, type SampleValuesOptions } from "./sample_values.ts";
export { type SchemaFit, schemaFits } from "./schema_fits.ts";
