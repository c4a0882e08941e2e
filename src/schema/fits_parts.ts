import type { JsonValue } from "../json.ts";
import { having, madeSchema, without } from "./fits_clauses.ts";
import { isEmpty } from "./fits_empty.ts";
import type { Place } from "./fits_place.ts";
import { fieldPlaces, isObjectShape, type Shape, shapesOf, shapesWith } from "./fits_shapes.ts";

/** Splits a shape by a field that the branches tell apart: by its few values, or by whether it is there. */
export function partsOf(shape: Shape, branches: readonly Place[]): Shape[] | undefined {
  if (shape.type !== "object") return undefined;
  const speaksOf = branches.map((branch) => shapesOf([branch]).filter(isObjectShape));
  const names = new Set(
    speaksOf.flat().flatMap((one) => [...one.required, ...one.fields.flatMap((f) => [...f.named.keys()])]),
  );
  for (const name of [...names].slice(0, 12)) {
    const places = fieldPlaces(shape, name);
    if (shape.required.has(name)) {
      const kinds = shapesOf(places);
      const values = kinds.flatMap((kind) => kind.values ?? []);
      if (kinds.every((kind) => kind.values !== undefined) && values.length > 1 && values.length <= 24) {
        return values.flatMap((one) => shapesWith(shape, fieldOf(name, { const: one })));
      }
      if (kinds.length > 1 && kinds.length <= 7 && new Set(kinds.map((kind) => kind.type)).size === kinds.length) {
        const types = kinds.map((kind) => kind.type).filter((type) => type !== "fraction");
        if (types.length > 1 && types.length === kinds.length) {
          return types.flatMap((t) => shapesWith(shape, fieldOf(name, { type: t })));
        }
      }
    } else if (!isEmpty(places)) {
      return [...shapesWith(shape, without(name)), ...shapesWith(shape, having([name]))];
    }
  }
  return undefined;
}

function fieldOf(name: string, schema: { [keyword: string]: JsonValue }): Place {
  return madeSchema({ properties: Object.fromEntries([[name, schema]]) });
}
