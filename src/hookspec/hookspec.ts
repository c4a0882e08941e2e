import type { JsonValue } from "../json.ts";
import type { JsonSchema } from "../schema/mod.ts";

/** The five ways to call a hook (SPEC section 7). */
export type DispatchClass = "singleton" | "broadcast_collect" | "broadcast_notify" | "chain" | "capability";

/** What a failure does to a `broadcast_collect` (SPEC section 7). */
export type ErrorPolicy = "fail_fast" | "best_effort";

/** One hook of a kind (SPEC section 12). Keys are those of the YAML file. */
export interface HookDefinition {
  /** In snake_case. */
  readonly name: string;
  /** The one class that it is dispatched by. */
  readonly dispatch: DispatchClass;
  /** What it does. */
  readonly description: string;
  /** What its one argument must be: the schema itself, complete, with nothing outside of it referred to. */
  readonly input_schema: JsonSchema;
  /** What it must answer: as `input_schema`. */
  readonly output_schema: JsonSchema;
  /** What a failure does to a `broadcast_collect`. @default "fail_fast" */
  readonly error_policy?: ErrorPolicy;
  /** Whether plugins may lack it: how a minor version adds a hook. */
  readonly optional: boolean;
  /** Whether it can be called over MCP. */
  readonly mcp_exposed: boolean;
  /** How it is named over MCP, from `{kind}`, `{plugin}`, `{hook}` and `{function}`. */
  readonly mcp_tool_name_template: string;
}

/** What plugins of a kind must be able to do (SPEC section 12). Frozen, and complete: every default is filled in. */
export interface Hookspec {
  /** The kind. */
  readonly kind: string;
  /** Its version: a SemVer, the major of which manifests name. */
  readonly kind_api_version: string;
  /** What plugins of this kind are for. */
  readonly description: string;
  /** What else must hold of them, in words or values; not interpreted. */
  readonly constraints?: JsonValue;
  /** Its hooks, in the order of the file. */
  readonly hooks: readonly HookDefinition[];
}
