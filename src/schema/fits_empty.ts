import { nothing, type Place } from "./fits_place.ts";
import { distinct, fieldPlaces, itemPlaces, type Shape, shapesOf } from "./fits_shapes.ts";

/** Whether it can be shown that no value has a shape. */
export function isEmptyShape(shape: Shape, depth = 0): boolean {
  if (shape.values !== undefined || depth > 4) return false;
  if (shape.type === "object") return [...shape.required].some((name) => isEmpty(fieldPlaces(shape, name), depth + 1));
  if (shape.type !== "array") return false;
  for (let i = 0; i < Math.min(shape.shortest, 16); i++) if (isEmpty(itemPlaces(shape, i), depth + 1)) return true;
  return shape.contains.some((contains) => contains.least > Math.min(shape.longest, contains.most));
}

/** Whether it can be shown that no value satisfies all of some schemas. */
export function isEmpty(conjunction: readonly Place[], depth = 0): boolean {
  const places = distinct(conjunction);
  if (places.includes(nothing)) return true;
  if (places.length === 0) return false;
  return shapesOf(places).every((shape) => isEmptyShape(shape, depth));
}
