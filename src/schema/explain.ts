import type { JsonValue, PathStep } from "../json.ts";
import { describeError, type Explanation, type LibraryError } from "./describe_error.ts";
import { atPointer } from "./document.ts";
import { joinOr, type SchemaTable, schemaWords, typesOf } from "./words.ts";
import { show } from "./show.ts";

/** Checks a value against one place of a schema. */
export type CheckAt = (pointer: string, value: unknown) => readonly LibraryError[];

/** More forms than these are not looked into. */
const MAX_FORMS = 32;
const MAX_DEPTH = 12;

interface Form extends Explanation {
  rank: number;
  schema: JsonValue | undefined;
}

/** Turns what the JSON Schema library says into the one thing that helps most. */
export class Explainer {
  readonly #root: JsonValue;
  readonly #pointers: ReadonlyMap<object, string>;
  readonly #checkAt: CheckAt;

  /**
   * @param root The whole schema.
   * @param places JSON pointers of all schemas in it.
   * @param checkAt Checks against one of these.
   */
  constructor(root: JsonValue, places: Iterable<string>, checkAt: CheckAt) {
    this.#root = root;
    this.#checkAt = checkAt;
    const pointers = new Map<object, string>();
    for (const pointer of places) {
      const schema = atPointer(root, pointer);
      if (typeof schema === "object" && schema !== null) pointers.set(schema, pointer);
    }
    this.#pointers = pointers;
  }

  /**
   * Explains why a value does not fit.
   *
   * @param errors What the library says, of its first failure.
   * @param value The value.
   */
  explain(errors: readonly LibraryError[], value: unknown, depth = 0): Explanation {
    const error = errors.at(-1); // what wraps others comes after them
    if (error === undefined) return { steps: [], expected: "a value that fits its schema", found: show(value) };
    const steps = stepsOf(error.instancePath, value);
    const before = errors.at(-2);
    if (error.keyword === "if" && before !== undefined) return this.explain(errors.slice(0, -1), value, depth);
    if (error.keyword === "propertyNames" && before !== undefined) {
      const name = String(error.params.propertyName);
      return {
        steps,
        expected: `field names that are ${schemaWords(before.parentSchema as JsonValue)}`,
        found: show(name),
      };
    }
    const isFormless = error.keyword === "oneOf" && error.params.passingSchemas !== null;
    if ((error.keyword === "anyOf" || error.keyword === "oneOf") && !isFormless && depth < MAX_DEPTH) {
      const form = this.#nearestForm(error, depth);
      if (form !== undefined) return { ...form, steps: [...steps, ...form.steps] };
    }
    return describeError(error, steps);
  }

  #nearestForm(error: LibraryError, depth: number): Explanation | undefined {
    const pointer = this.#pointers.get(error.parentSchema as object);
    if (pointer === undefined) return undefined;
    const forms: Form[] = [];
    for (const [i, schema] of (error.schema as JsonValue[]).slice(0, MAX_FORMS).entries()) {
      const own = this.explain(this.#checkAt(`${pointer}/${error.keyword}/${i}`, error.data), error.data, depth + 1);
      const target = this.#resolve(schema);
      forms.push({ ...own, schema: target, rank: this.#rank(target, own, error.data) });
    }
    const best = Math.max(...forms.map((form) => form.rank));
    const nearest = forms.filter((form) => form.rank === best);
    if (nearest.length === 1 && best > 0) return nearest[0];
    const atRoot = nearest.every((form) => form.steps.length === 0);
    if (!atRoot) return nearest[0];
    const shown = nearest.slice(0, 6).map((form) => form.expected);
    return { steps: [], expected: joinOr(shown), found: nearest[0]!.found };
  }

  /** How far a value got in a form: whether it is of its type, says that it is that form, and how deep it fails. */
  #rank(schema: JsonValue | undefined, { steps }: Explanation, data: unknown): number {
    let rank = steps.length;
    if (typeof schema !== "object" || schema === null) return rank;
    const table = schema as SchemaTable;
    const types = typesOf(table);
    if (types.length > 0) rank += types.some((type) => isOfType(data, type)) ? 1 : -1000;
    if (typeof data !== "object" || data === null || typeof table.properties !== "object") return rank;
    for (const [name, property] of Object.entries(table.properties ?? {})) {
      const own = this.#resolve(property as JsonValue);
      if (typeof own !== "object" || own === null || !Object.hasOwn(data, name)) continue;
      const value: unknown = Reflect.get(data, name);
      if (Object.hasOwn(own, "const")) rank += value === (own as SchemaTable).const ? 100 : -100;
      else if (Array.isArray((own as SchemaTable).enum)) {
        rank += ((own as SchemaTable).enum as unknown[]).includes(value) ? 50 : -50;
      }
    }
    return rank;
  }

  #resolve(schema: JsonValue | undefined): JsonValue | undefined {
    let at = schema;
    for (let hops = 0; hops < 8; hops++) {
      if (typeof at !== "object" || at === null || typeof (at as SchemaTable).$ref !== "string") return at;
      at = atPointer(this.#root, decodeURIComponent(((at as SchemaTable).$ref as string).slice(1)));
    }
    return at;
  }
}

function isOfType(data: unknown, type: string): boolean {
  if (data === null) return type === "null";
  if (Array.isArray(data)) return type === "array";
  if (typeof data === "number") return type === "number" || (type === "integer" && Number.isInteger(data));
  if (type === "object") return typeof data === "object";
  return type === "string" ? typeof data === "string" : type === "boolean" && typeof data === "boolean";
}

/** An instance path as steps: what indexes a list is a number. */
function stepsOf(instancePath: string, value: unknown): PathStep[] {
  let at = value;
  return instancePath.split("/").slice(1).map((part) => {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const step = Array.isArray(at) ? Number(key) : key;
    at = typeof at === "object" && at !== null && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined;
    return step;
  });
}
