import type { JsonValue, PathStep } from "../json.ts";
import type { JsonSchema } from "./json_schema.ts";
import { accepts } from "./fits_accepts.ts";
import { NotFollowed, type Place, placeOf } from "./fits_place.ts";
import { Proof } from "./fits_proof.ts";
import { meaningText } from "./fits_text.ts";
import { hintsFrom, newSearch, valuesOf } from "./fits_values.ts";

/** Whether every value that one schema accepts is accepted by another. */
export type SchemaFit =
  | { readonly fits: true }
  | {
    readonly fits: false;
    /** Where in the wide schema. */
    readonly path: string;
    readonly reason: string;
    /** A value that the narrow schema accepts and the wide one refuses. */
    readonly witness: JsonValue;
  }
  | { readonly fits: "unknown"; readonly path: string; readonly reason: string };

/**
 * Whether every value that `narrow` accepts is accepted by `wide`.
 *
 * Both definite answers are proven: `true` by a proof, `false` by a value that shows it. The rest is `"unknown"`. Equal schemas
 * always fit. `format` and the other annotations count for nothing.
 *
 * @param narrow The schema of what comes.
 * @param wide The schema of what is taken.
 */
export function schemaFits(narrow: JsonSchema, wide: JsonSchema): SchemaFit {
  return placeFits(placeOf(narrow), placeOf(wide));
}

/** Whether two schemas say the same in the same words, but for their order and their notes. */
export function meansTheSame(one: JsonSchema, other: JsonSchema): boolean {
  return meaningText(placeOf(one)) === meaningText(placeOf(other));
}

/** As `schemaFits`, for schemas below others. */
export function placeFits(narrow: Place, wide: Place): SchemaFit {
  if (narrow === wide || meaningText(narrow) === meaningText(wide)) return { fits: true };
  let path: readonly PathStep[] = [];
  let reason: string;
  let values: readonly JsonValue[] = [];
  try {
    const gap = new Proof([wide, narrow]).gap([narrow], wide);
    if (gap === undefined) return { fits: true };
    ({ path, reason, values } = gap);
  } catch (cause) {
    if (!(cause instanceof NotFollowed)) throw cause;
    reason = `cannot follow ${cause.message}`;
  }
  const witness = witnessOf(narrow, wide, values);
  if (witness !== undefined) return { fits: false, path: schemaPath(path), reason, witness };
  return { fits: "unknown", path: schemaPath(path), reason };
}

function witnessOf(narrow: Place, wide: Place, values: readonly JsonValue[]): JsonValue | undefined {
  const shows = (value: JsonValue) => accepts(narrow, value) && !accepts(wide, value);
  try {
    const near = values.find(shows);
    if (near !== undefined) return near;
    return valuesOf([narrow], newSearch(hintsFrom([wide, narrow]))).find(shows);
  } catch (cause) {
    if (!(cause instanceof NotFollowed)) throw cause;
    return undefined;
  }
}

/** Writes a path in a schema: `properties.x.items`. */
export function schemaPath(path: readonly PathStep[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "string" && /^[A-Za-z_$][\w$-]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
