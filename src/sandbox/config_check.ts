import { ConfigInvalid, PluginLoadError, PluginRegistryError } from "../errors.ts";

/**
 * A schema of any library that follows Standard Schema, version 1 (https://standardschema.dev): zod, valibot, ArkType and
 * others. As little of it as checking takes.
 */
export interface StandardSchema {
  /** What all such libraries have in common. */
  readonly "~standard": {
    /** The version of the standard. */
    readonly version: 1;
    /** The library. */
    readonly vendor: string;
    /** Looks at a value: gives it back, made whole, or says what is wrong with it. */
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
  };
}

/** What a {@linkcode StandardSchema} says of a value. */
export type StandardResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong. */
export interface StandardIssue {
  /** What. */
  readonly message: string;
  /** Where: keys, or objects that hold one. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** More issues than this are counted, not told. */
const MAX_ISSUES = 20;
/** A longer text of an issue is cut. */
const MAX_ISSUE_LENGTH = 500;

/**
 * Takes a plugin's `configSchema`, when it has one.
 *
 * @param found What stands there.
 * @returns The schema; `undefined` when nothing stands there.
 * @throws {PluginLoadError} If it is no Standard Schema.
 */
export function takeConfigSchema(found: unknown): StandardSchema | undefined {
  if (found === undefined) return undefined;
  const refuse = (reason: string) => new PluginLoadError(`its configSchema is no Standard Schema: ${reason}`);
  if (!isObject(found)) throw refuse(`it is ${found === null ? "null" : typeof found}`);
  const standard: unknown = Reflect.get(found, "~standard");
  if (!isObject(standard)) {
    throw refuse('it has no "~standard"; JSON Schema belongs into config_schema of the manifest');
  }
  const version: unknown = Reflect.get(standard, "version");
  if (version !== 1) throw refuse(`its version is ${Deno.inspect(version)}, expected 1`);
  if (typeof Reflect.get(standard, "validate") !== "function") throw refuse("it has no function validate");
  return found as unknown as StandardSchema;
}

/**
 * Holds a plugin's section of the configuration against its `configSchema`.
 *
 * @param schema The schema.
 * @param config The section.
 * @param plugin As `kind/name`.
 * @returns What the schema makes of it: defaults filled in, values transformed.
 * @throws {ConfigInvalid} If the schema refuses it, with all that is wrong.
 * @throws {PluginRegistryError} If the schema itself does not work.
 */
export async function checkConfig(
  schema: StandardSchema,
  config: Record<string, unknown>,
  plugin: string,
): Promise<Record<string, unknown>> {
  const broken = (reason: string, cause?: unknown) => new PluginRegistryError(`its configSchema ${reason}`, { cause });
  let result: unknown;
  try {
    result = await schema["~standard"].validate(config);
  } catch (cause) {
    throw broken(cause instanceof Error ? `threw ${cause.name}: ${cause.message}` : `threw ${show(cause)}`, cause);
  }
  if (!isObject(result)) throw broken(`gave ${show(result)}, expected a value or issues`);
  const issues: unknown = Reflect.get(result, "issues");
  if (issues !== undefined) {
    if (!Array.isArray(issues)) throw broken(`gave issues that are ${show(issues)}, expected a list`);
    throw refusal(plugin, issues);
  }
  if (!("value" in result)) throw broken("gave neither a value nor issues");
  if (isObject(result.value) && !Array.isArray(result.value)) return result.value as Record<string, unknown>;
  throw broken(`made ${show(result.value)} of the configuration, expected an object`);
}

/** All issues in one message; the first one's place is the error's. */
function refusal(plugin: string, issues: readonly unknown[]): ConfigInvalid {
  const told = issues.slice(0, MAX_ISSUES).map((issue) => {
    const { message, path } = (isObject(issue) ? issue : {}) as Partial<Record<keyof StandardIssue, unknown>>;
    const text = typeof message === "string" && message !== "" ? message : "its configSchema does not say why";
    return {
      field: pointer(path),
      text: text.length > MAX_ISSUE_LENGTH ? `${text.slice(0, MAX_ISSUE_LENGTH)}…` : text,
    };
  });
  const [first = { field: "", text: "its configSchema does not say why" }, ...others] = told;
  const reason = [
    `is refused: ${first.text}`,
    ...others.map(({ field, text }) => `${field === "" ? "its section" : field} is refused: ${text}`),
    ...issues.length > MAX_ISSUES ? [`and ${issues.length - MAX_ISSUES} more`] : [],
  ];
  return new ConfigInvalid(plugin, first.field, reason.join("; "));
}

/** A place as a JSON pointer, as `config_schema` gives it. */
function pointer(path: unknown): string {
  if (!Array.isArray(path)) return "";
  const keys = path.map((step: unknown) => isObject(step) ? Reflect.get(step, "key") as unknown : step);
  return keys.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** What a value is, without what it holds: that may be secret. */
function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** NB: the schemas of some libraries are functions. */
function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
