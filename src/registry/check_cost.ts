/** Steps that a check may take: about a second, in which the host does nothing else. */
const MAX_STEPS = 5e8;
/** What comparing two entries takes, in steps of a pattern. */
const COMPARISON = 10;
const SCALARS: ReadonlySet<unknown> = new Set(["string", "number", "integer", "boolean", "null"]);

/** What a keyword's check takes: so many ways times the size, to a power, of whatever it looks at. */
export interface KeywordCost {
  readonly of: "text" | "list";
  readonly ways: number;
  readonly power: number;
  /** Larger ones are refused before the keyword is looked at. */
  readonly max: number;
}

/** What a pattern takes that stands in a schema; of text without `maxLength` beside it, any length. */
export function patternCost({ ways, power }: { ways: number; power: number }, schema: object): KeywordCost {
  return { of: "text", ways, power, max: boundOf(schema, "maxLength") };
}

/** What `uniqueItems` takes; nothing that matters where the entries are said to be neither lists nor objects. */
export function uniqueCost(schema: object): KeywordCost | undefined {
  const items: unknown = Reflect.get(schema, "items");
  const types = typeof items === "object" && items !== null ? [Reflect.get(items, "type")].flat() : [];
  if (types.length > 0 && types.every((type) => SCALARS.has(type))) return undefined;
  return { of: "list", ways: COMPARISON, power: 2, max: boundOf(schema, "maxItems") };
}

function boundOf(schema: object, keyword: string): number {
  const bound: unknown = Reflect.get(schema, keyword);
  return typeof bound === "number" ? bound : Infinity;
}

/** Whether holding a value against a schema with such keywords could take longer than the host may be kept. */
export function isTooCostly(value: unknown, costs: readonly KeywordCost[]): boolean {
  if (costs.length === 0) return false;
  const kinds = Map.groupBy(costs, (cost) => cost.of);
  let steps = 0;
  const add = (of: KeywordCost["of"], size: number) => {
    for (const { ways, power, max } of kinds.get(of) ?? []) {
      // Its length is counted in code points, of which each may be two.
      steps += 1 + (size <= max * 2 ? ways * size ** power : 0);
      if (steps > MAX_STEPS) return;
    }
  };
  const left: unknown[] = [value];
  while (left.length > 0 && steps <= MAX_STEPS) {
    const one = left.pop();
    if (typeof one === "string") add("text", one.length);
    else if (Array.isArray(one)) {
      add("list", one.length);
      for (const item of one) left.push(item);
    } else if (typeof one === "object" && one !== null) {
      for (const [key, item] of Object.entries(one)) {
        add("text", key.length);
        left.push(item);
      }
    }
    steps++; // a value that goes round in a circle ends too
  }
  return steps > MAX_STEPS;
}
