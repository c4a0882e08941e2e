import type { JsonValue } from "../json.ts";
import { compileSchema } from "./compile_schema.ts";
import type { JsonSchema } from "./json_schema.ts";
import { textsForPatterns } from "./sample_values_texts.ts";
import { isKeywords, NotFollowed, placeOf } from "./fits_place.ts";
import { orderedJson } from "./fits_text.ts";
import { type Hints, hintsFrom, newSearch, valuesOf } from "./fits_values.ts";

/** How many sample values, and which. */
export interface SampleValuesOptions {
  /** How many at most. @default 24 */
  readonly count?: number;
  /** What chance goes by: equal seeds give equal values. The edge cases come first and do not depend on it. @default 0 */
  readonly seed?: number;
}

const LONGEST_JSON = 100_000;

/**
 * Finds values that a schema accepts, edge cases first: empty and full, the limits and what lies beside them, each constant, each
 * branch, objects with only what is required and with all there is, texts beyond ASCII. The compiled validator has accepted
 * each of them.
 *
 * @param schema A schema that {@linkcode compileSchema} takes.
 * @returns Up to `count` values, no two equal; none for a schema that nothing satisfies, or that only values satisfy which are not
 * reached: patterns with look-arounds, several patterns at once that no text of one of them satisfies, texts longer than 100,000 characters,
 * lists longer than 1,000 items, values nested deeper than six levels, and what `$dynamicRef` describes.
 * @throws {HookspecInvalid} If it is no schema that hookspecs take.
 * @throws {RangeError} If `count` or `seed` is no whole number, or `count` is not 1 to 1000.
 */
export async function sampleValues(
  schema: JsonSchema,
  options: SampleValuesOptions = {},
): Promise<readonly JsonValue[]> {
  const { count = 24, seed = 0 } = options;
  if (!Number.isSafeInteger(count) || count < 1 || count > 1000) {
    throw new RangeError(`Cannot sample a schema: expected count to be 1 to 1000, got ${count}`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`Cannot sample a schema: expected seed to be a whole number, got ${seed}`);
  }
  const check = await compileSchema(schema, "to sample");
  const texts = await textsForPatterns(schema, seed);
  const found = new Map<string, JsonValue>();
  const take = (values: Iterable<JsonValue>): void => {
    for (const value of values) {
      if (found.size >= count) return;
      const text = orderedJson(value);
      if (text.length <= LONGEST_JSON && !found.has(text) && isAccepted(check, value)) {
        found.set(text, structuredClone(value));
      }
    }
  };
  try {
    const place = placeOf(schema);
    const hints = hintsFrom([place], texts);
    take(valuesOf([place], newSearch(hints)));
    const random = randomFrom(seed);
    if (found.size < count) take(valuesOf([place], newSearch(withChance(hints, random))));
    if (found.size < count) take(crossed([...found.values()], random, count * 4));
  } catch (cause) {
    if (!(cause instanceof NotFollowed)) throw cause; // what is found until then is valid all the same
  }
  return [...found.values()];
}

/** NB: the library compares by calling `toString` and `valueOf` of the value, which throws where they are fields of it. */
function isAccepted(check: (value: unknown) => unknown, value: JsonValue): boolean {
  try {
    return check(value) === undefined;
  } catch {
    return false;
  }
}

/** Hints with numbers and texts by chance. */
function withChance(hints: Hints, random: () => number): Hints {
  const letters = [..."abcxyzABC0189 -_.é😀"];
  const text = () =>
    Array.from({ length: 1 + Math.floor(random() * 12) }, () => letters[Math.floor(random() * letters.length)]).join(
      "",
    );
  const near = hints.numbers.map((n) => n + Math.round((random() - 0.5) * 100));
  const numbers = Array.from({ length: 24 }, () => Math.round((random() - 0.5) * 10 ** (1 + Math.floor(random() * 9))));
  return { ...hints, numbers: [...numbers, ...near], values: [...Array.from({ length: 24 }, text), ...hints.values] };
}

/** Objects with the fields of several. */
function* crossed(values: readonly JsonValue[], random: () => number, tries: number): Generator<JsonValue> {
  const objects = values.filter(isKeywords);
  if (objects.length < 2) return;
  const any = () => objects[Math.floor(random() * objects.length)] ?? {};
  for (let i = 0; i < tries; i++) {
    const fields = new Map<string, JsonValue>();
    for (const one of [any(), any(), any()]) {
      for (const [name, value] of Object.entries(one)) if (random() < 0.7 || !fields.has(name)) fields.set(name, value);
    }
    yield Object.fromEntries(fields);
  }
}

/** A small generator of chance; statistics do not matter here. */
function randomFrom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
