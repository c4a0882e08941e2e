/** What plugins of a kind must be able to do. Row 1. */
export type { DispatchClass, ErrorPolicy, HookDefinition, Hookspec, JsonSchema } from "./hookspec.ts";
