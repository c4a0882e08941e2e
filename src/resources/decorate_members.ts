import { IN_SCOPE } from "./in_scope.ts";

const { apply, get, set, getPrototypeOf, ownKeys } = Reflect;
const { create, defineProperty, getOwnPropertyDescriptor, prototype: objectPrototype } = Object;

/** A method that takes the place of another. */
export type Method = (...args: unknown[]) => unknown;

/**
 * Makes an object that stands before another: the same class, the same members, each method replaced. Methods run on the
 * object itself, so that its private fields are there, and are looked up at each call, so that it may replace them.
 *
 * @param object What it stands before.
 * @param around Gives a method's replacement. Asked once for each.
 */
export function decorateMembers(object: object, around: (method: string, call: Method) => Method): object {
  const decorated: object = create(getPrototypeOf(object));
  const seen = new Set<string | symbol>(["constructor", IN_SCOPE]);
  for (let at: object | null = object; at !== null && at !== objectPrototype; at = getPrototypeOf(at)) {
    for (const key of ownKeys(at)) {
      if (seen.has(key) || key in objectPrototype) continue;
      seen.add(key);
      const property = getOwnPropertyDescriptor(at, key);
      if (typeof property?.value === "function") {
        const call: Method = (...args) => apply(get(object, key) as Method, object, args);
        const value = around(String(key), call);
        defineProperty(decorated, key, { value, enumerable: property.enumerable === true });
      } else {
        defineProperty(decorated, key, {
          get: () => get(object, key),
          set: (value) => void set(object, key, value),
          enumerable: property?.enumerable === true,
        });
      }
    }
  }
  return decorated;
}
