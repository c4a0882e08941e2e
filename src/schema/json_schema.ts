import type { JsonValue } from "../json.ts";

/** A JSON Schema 2020-12. */
export type JsonSchema = boolean | { readonly [keyword: string]: JsonValue };

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
