import type { JsonValue } from "../json.ts";
import type { JsonSchema } from "./json_schema.ts";

const MOST_PATTERNS = 100;

/**
 * Texts for the patterns of a schema, by a generator that loads only when there are patterns. A pattern that it does not know how to
 * satisfy (a look-around, for example) has none.
 */
export async function textsForPatterns(schema: JsonSchema, seed: number): Promise<Map<string, readonly string[]>> {
  const texts = new Map<string, readonly string[]>();
  const patterns = patternsIn(schema);
  if (patterns.length === 0) return texts;
  const { sample, stringMatching } = await import("fast-check");
  for (const pattern of patterns) {
    try {
      const runs = { seed, numRuns: 12 };
      const short = sample(stringMatching(new RegExp(pattern, "u"), { size: "-1" }), runs);
      const long = sample(stringMatching(new RegExp(pattern, "u"), { size: "+1" }), runs);
      const all = new Set(
        [...short.sort((a, b) => a.length - b.length), ...long].filter((text) => text.length <= 10_000),
      );
      texts.set(pattern, [...all]);
    } catch {
      texts.set(pattern, []); // NB: it throws at the syntax that it cannot generate for
    }
  }
  return texts;
}

function patternsIn(schema: JsonSchema): string[] {
  const patterns = new Set<string>();
  const walk = (value: JsonValue, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > 64) return;
    if (!Array.isArray(value)) {
      if (typeof value.pattern === "string") patterns.add(value.pattern);
      const named = value.patternProperties;
      if (typeof named === "object" && named !== null) {
        for (const pattern of Object.keys(named)) patterns.add(pattern);
      }
    }
    for (const inner of Object.values(value)) walk(inner, depth + 1);
  };
  walk(schema as JsonValue, 0);
  return [...patterns].slice(0, MOST_PATTERNS);
}
