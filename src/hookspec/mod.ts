/** What plugins of a kind must be able to do. Row 2. */
export { camelForm } from "./camel_form.ts";
export type { DispatchClass, ErrorPolicy, HookDefinition, Hookspec } from "./hookspec.ts";
export { ORCHESTRATOR_HOOKSPEC, TOOL_HOOKSPEC } from "./built_in.generated.ts";
export type { CompiledHook, CompiledHookspec } from "./compiled.ts";
export { compileHookspec } from "./compile_hookspec.ts";
export { loadHookspec } from "./load_hookspec.ts";
export { validateHookspec } from "./validate_hookspec.ts";
export { type ChainProblem, chainProblems } from "./chain_fits.ts";
export { diffHookspecs, type HookspecDiff } from "./diff.ts";
export type { HookspecChange } from "./diff_change.ts";
export type { VersionBump, VersionStep } from "./diff_version.ts";
