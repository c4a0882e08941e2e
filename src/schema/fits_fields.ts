import type { JsonValue } from "../json.ts";
import { accepts, list } from "./fits_accepts.ts";
import { isEmpty } from "./fits_empty.ts";
import { madeSchema } from "./fits_clauses.ts";
import { below, keywordsOf, NotFollowed, type Place } from "./fits_place.ts";
import { tellingKeywords } from "./fits_text.ts";
import { type Descend, type Gap, gapAt } from "./fits_gap.ts";
import {
  fieldPlaces,
  fieldsOf,
  looksAtNeighboursOnly,
  otherFieldPlaces,
  placesForName,
  type Shape,
} from "./fits_shapes.ts";

/** Whether objects of a shape keep a keyword. */
export function fieldsGap(shape: Shape, wide: Place, word: string, descend: Descend): Gap | undefined {
  const words = keywordsOf(wide);
  const value = words[word];
  switch (word) {
    case "required": {
      const missing = list(value).map(String).find((name) => !shape.required.has(name));
      return missing === undefined ? undefined : gapAt([], `it may lack the field ${JSON.stringify(missing)}`);
    }
    case "minProperties":
      return shape.shortest >= Number(value) ? undefined : gapAt([], `it may have fewer fields than ${value}`);
    case "maxProperties":
      return mostFields(shape) <= Number(value) ? undefined : gapAt([], `it may have more fields than ${value}`);
    case "propertyNames":
      return namesGap(shape, below(wide, value), descend);
    case "properties":
    case "patternProperties":
    case "additionalProperties": {
      const telling = tellingKeywords(wide);
      const leader = ["properties", "patternProperties", "additionalProperties"].find((one) => telling.includes(one));
      return word === leader ? allFieldsGap(shape, wide, descend) : undefined; // they are one question
    }
    case "unevaluatedProperties":
      if (!looksAtNeighboursOnly(wide)) throw new NotFollowed("unevaluatedProperties beside other schemas");
      return words.additionalProperties === undefined ? allFieldsGap(shape, wide, descend) : undefined;
    default:
      return undefined;
  }
}

function knownNames(shape: Shape): Set<string> {
  return new Set([...shape.required, ...shape.fields.flatMap((fields) => [...fields.named.keys()])]);
}

function patternsOf(shape: Shape): string[] {
  return [...new Set(shape.fields.flatMap((fields) => fields.patterns.map(([pattern]) => pattern)))];
}

function isClosed(shape: Shape): boolean {
  const patterns = patternsOf(shape);
  return isEmpty(otherFieldPlaces(shape, undefined, patterns)) &&
    patterns.every((pattern) => isEmpty(otherFieldPlaces(shape, pattern, [])));
}

function mostFields(shape: Shape): number {
  if (!isClosed(shape)) return shape.longest;
  return Math.min(shape.longest, [...knownNames(shape)].filter((name) => !isEmpty(fieldPlaces(shape, name))).length);
}

function namesGap(shape: Shape, wide: Place, descend: Descend): Gap | undefined {
  const bad = [...knownNames(shape)].find((name) => !accepts(wide, name) && !isEmpty(fieldPlaces(shape, name)));
  if (bad !== undefined) return gapAt(["propertyNames"], `${JSON.stringify(bad)} is not accepted as a name`);
  if (isClosed(shape)) return undefined;
  const gap = descend([...shape.names, madeSchema({ type: "string" })], wide, "propertyNames");
  return gap === undefined ? undefined : { ...gap, values: gap.values.map((name) => ({ [String(name)]: null })) };
}

function allFieldsGap(shape: Shape, wide: Place, descend: Descend): Gap | undefined {
  const [fields] = fieldsOf(wide);
  if (fields === undefined) return undefined;
  const around = (name: string, gap: Gap): Gap => ({
    ...gap,
    values: gap.values.flatMap((value): JsonValue[] => [Object.fromEntries([[name, value]])]),
  });
  for (const name of new Set([...fields.named.keys(), ...knownNames(shape)])) {
    const narrow = fieldPlaces(shape, name);
    for (const place of placesForName(fields, name)) {
      if (place.schema === true) continue;
      const known = fields.named.has(name);
      const gap = descend(narrow, place, ...known ? ["properties", name] : [name]);
      if (gap === undefined || isEmpty(narrow)) continue;
      const reason = gap.path.length <= 2 && place.schema === false
        ? `the field ${JSON.stringify(name)} may be there`
        : gap.reason;
      return around(name, { ...gap, reason });
    }
  }
  for (const [pattern, place] of fields.patterns) {
    const gap = descend(otherFieldPlaces(shape, pattern, []), place, "patternProperties", pattern);
    if (gap !== undefined) return gap;
  }
  const word = keywordsOf(wide).additionalProperties === undefined ? "unevaluatedProperties" : "additionalProperties";
  const unmatched = fields.patterns.map(([pattern]) => pattern);
  const gap = descend(otherFieldPlaces(shape, undefined, unmatched), fields.others, word);
  if (gap === undefined) return undefined;
  return around("extra", { ...gap, reason: fields.others.schema === false ? "it may have other fields" : gap.reason });
}
