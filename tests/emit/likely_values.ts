import type { JsonValue } from "@dagstack/plugin-system";

type Schema = { [keyword: string]: JsonValue };

/**
 * Values that a schema is likely to accept, each built along its keywords. They are guesses: a validator chooses.
 *
 * @param root The schema.
 * @param salt Other guesses for another number.
 */
export function likelyValues(root: unknown, salt: number): JsonValue[] {
  let state = salt * 7919 + 17;
  const dice = (sides: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % sides;
  };
  const pick = <T>(list: readonly T[]): T => list[dice(list.length)]!;
  const guess = (schema: unknown, depth: number): JsonValue => {
    if (typeof schema !== "object" || schema === null || depth > 7) return pick<JsonValue>([1, "a", null, {}, []]);
    const own = schema as Schema;
    if ("const" in own) return own.const!;
    if (Array.isArray(own.enum)) return pick(own.enum);
    if (typeof own.$ref === "string") {
      const name = own.$ref.split("/").at(-1)!;
      const target = own.$ref === "#" ? root : ((root as Schema).$defs as Schema)[name];
      if (dice(2) === 0) return guess(target, depth + 1);
    }
    const branches = [own.anyOf, own.oneOf, own.allOf].flat().filter((branch) => branch !== undefined);
    const below = branches.length > 0 && dice(4) > 0 ? guess(pick(branches), depth + 1) : undefined;
    const types = [own.type ?? []].flat();
    const shaped = "properties" in own || "required" in own || "additionalProperties" in own ||
      "patternProperties" in own;
    const type = types.length > 0
      ? pick(types)
      : shaped
      ? "object"
      : "items" in own || "prefixItems" in own
      ? "array"
      : undefined;
    if (type === undefined || (below !== undefined && type !== "object")) {
      return below ?? pick<JsonValue>([1, "a", null, {}, []]);
    }
    if (type === "array") {
      const length = Math.min(dice(4), (own.maxItems as number) ?? 4);
      const prefix = (own.prefixItems ?? []) as JsonValue[];
      return Array.from({ length }, (_, index) => guess(prefix[index] ?? own.items, depth + 1));
    }
    if (type === "object") return object(own, below, depth);
    return type === "string"
      ? pick(["", "a", "*/"])
      : type === "null"
      ? null
      : type === "boolean"
      ? dice(2) === 0
      : dice(3);
  };
  const object = (own: Schema, below: JsonValue | undefined, depth: number): JsonValue => {
    const properties = (own.properties ?? {}) as Schema;
    const required = (own.required ?? []) as string[];
    const result: [string, JsonValue][] = typeof below === "object" && below !== null && !Array.isArray(below)
      ? Object.entries(below)
      : [];
    for (const name of new Set([...Object.keys(properties), ...required])) {
      if (!required.includes(name) && dice(2) === 0) continue;
      result.push([name, guess(properties[name] ?? own.additionalProperties, depth + 1)]);
    }
    if (dice(3) === 0) result.push([pick(["a", "zz", "ab"]), guess(own.additionalProperties, depth + 1)]);
    return Object.fromEntries(result);
  };
  return Array.from({ length: 24 }, () => guess(root, 0));
}
