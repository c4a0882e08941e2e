// deno-fmt-ignore-file
// Generated from kinds/tool/v1.yaml; do not edit.
// Write anew: deno run -RW -E -S=cpus jsr:@dagstack/plugin-system/emit kinds/tool/v1.yaml --only typescript

/**
 * The types of kind "tool", version 1.0.0.
 *
 * Offers functions, each with a schema of its arguments. Agents list them, models call them, and an MCP server serves them.
 *
 * @module
 */

/** Nothing is passed. */
export type ToolGetSchemaInput = Record<string, never>;

/** The functions that the plugin offers. */
export type ToolGetSchemaOutput = ToolFunctionSchema[];

/** What the schemas of kind "tool" call "function_schema". */
export interface ToolFunctionSchema {
  /** What it is called by, in snake_case. No other function of the plugin has it. */
  name: string;
  /** What it does, for whoever chooses among functions. */
  description: string;
  /** A JSON Schema of its arguments. */
  parameters: Record<string, unknown>;
}

/** A call of one function. */
export interface ToolExecuteInput {
  /** Its name, as get_schema lists it. */
  function: string;
  /** Its arguments. They are checked against its own schema before the plugin is asked. */
  args: Record<string, unknown>;
}

/** What the function came to. Further fields are the function's own. */
export interface ToolExecuteOutput {
  /** What it answers. */
  result: unknown;
  /**
   * Whether the call failed.
   *
   * @default false
   */
  is_error?: boolean;
  /** What went wrong, for people, when is_error is true. */
  error_message?: string;
  /** Any other field. */
  [k: string]: unknown;
}

/** What a plugin of kind "tool" implements, version 1.0.0. */
export interface ToolPlugin {
  /**
   * Lists the functions that the plugin offers, each with the JSON Schema of its arguments.
   *
   * Dispatched as `broadcast_collect`: all plugins are called, and their answers are collected. Failures: `fail_fast`.
   */
  getSchema: (input: ToolGetSchemaInput) => ToolGetSchemaOutput | Promise<ToolGetSchemaOutput>;
  /**
   * Runs one function. Its arguments are checked against the schema that get_schema lists for it before the plugin is asked; exactly one plugin answers.
   *
   * Dispatched as `singleton`: one plugin is called.
   */
  execute: (input: ToolExecuteInput) => ToolExecuteOutput | Promise<ToolExecuteOutput>;
}

/** What a host can dispatch among plugins of kind "tool": the type parameter of its registry, as `new PluginRegistry<{ tool: ToolKind }>()`. */
export interface ToolKind {
  /**
   * Lists the functions that the plugin offers, each with the JSON Schema of its arguments.
   *
   * Dispatched as `broadcast_collect`: all plugins are called, and their answers are collected. Failures: `fail_fast`.
   */
  readonly get_schema: {
    /** Its dispatch class. */
    readonly dispatch: "broadcast_collect";
    /** What goes in. */
    readonly input: ToolGetSchemaInput;
    /** What one plugin answers. */
    readonly output: ToolGetSchemaOutput;
  };
  /**
   * Runs one function. Its arguments are checked against the schema that get_schema lists for it before the plugin is asked; exactly one plugin answers.
   *
   * Dispatched as `singleton`: one plugin is called.
   */
  readonly execute: {
    /** Its dispatch class. */
    readonly dispatch: "singleton";
    /** What goes in. */
    readonly input: ToolExecuteInput;
    /** What one plugin answers. */
    readonly output: ToolExecuteOutput;
  };
}
