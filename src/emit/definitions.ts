import type { Hookspec } from "../hookspec/mod.ts";
import type { JsonSchema } from "../schema/mod.ts";
import { pascalCase } from "./names.ts";
import { childSchemas, isSchemaObject, References, type Target } from "./references.ts";

/** A schema of a kind that has a name of its own. */
export interface Definition {
  /** In PascalCase; unique in the kind. */
  name: string;
  /** The schema. */
  schema: JsonSchema;
  /** The input or output that it is part of, in which its references are followed. */
  root: JsonSchema;
  /** What it is, where it says nothing of itself. */
  summary: string;
}

/** All named schemas of a kind: the input and the output of each hook, and what they refer to. */
export class Definitions {
  /** Inputs and outputs in the order of the hooks, each followed by what it is the first to refer to. */
  readonly all: Definition[] = [];
  readonly #byHook = new Map<string, { input: Definition; output: Definition }>();
  readonly #names = new Set<string>();
  /** What a shared definition means, by its name: a schema and all that it refers to. */
  readonly #meanings = new Map<string, Definition>();
  readonly #kind: string;
  readonly #targets = new Map<JsonSchema, Map<string, Definition>>();

  /** @param hookspec The kind. @param taken Names that nothing may have. */
  constructor(hookspec: Hookspec, taken: readonly string[] = []) {
    this.#kind = hookspec.kind;
    for (const name of taken) this.#names.add(name);
    const kind = pascalCase(hookspec.kind);
    for (const { name } of hookspec.hooks) { // first, so that nothing referred to takes their names
      for (const side of ["Input", "Output"]) this.#names.add(kind + pascalCase(name) + side);
    }
    for (const hook of hookspec.hooks) {
      const stem = kind + pascalCase(hook.name);
      const what = `of hook "${hook.name}" of kind "${hookspec.kind}".`;
      const input = this.#root(`${stem}Input`, hook.input_schema, `What goes into a call ${what}`, kind);
      const output = this.#root(`${stem}Output`, hook.output_schema, `What comes out of a call ${what}`, kind);
      this.#byHook.set(hook.name, { input, output });
    }
  }

  /** A hook's two. */
  of(hook: string): { input: Definition; output: Definition } {
    return this.#byHook.get(hook)!;
  }

  /**
   * What a reference inside a root's schema leads to: a definition, a boolean schema, or nothing that is known.
   *
   * @param root The schema of the input or output that it stands in.
   * @param ref The reference.
   */
  target(root: JsonSchema, ref: unknown): Definition | undefined {
    return typeof ref === "string" ? this.#targets.get(root)?.get(ref) : undefined;
  }

  #root(name: string, schema: JsonSchema, summary: string, kind: string): Definition {
    const definition = { name, schema, root: schema, summary };
    this.all.push(definition);
    const references = new References(schema);
    const targets = this.#targets.get(schema) ?? new Map<string, Definition>();
    this.#targets.set(schema, targets);
    const bySchema = new Map<unknown, Definition>([[schema, definition]]);
    const queue = refsOf(schema);
    for (let ref = queue.shift(); ref !== undefined; ref = queue.shift()) {
      const target = references.follow(ref);
      if (target === undefined || targets.has(ref)) continue;
      const known = isSchemaObject(target.schema) ? bySchema.get(target.schema) : undefined;
      const found = known ?? this.#referred(target, definition, kind, references);
      targets.set(ref, found);
      bySchema.set(target.schema, found);
      queue.push(...refsOf(target.schema));
    }
    return definition;
  }

  #referred({ schema, name: own }: Target, root: Definition, kind: string, references: References): Definition {
    const short = kind + pascalCase(own);
    const meaning = `${short} ${meaningOf(schema, references)}`;
    const same = this.#meanings.get(meaning);
    if (same !== undefined) return same;
    const long = root.name + pascalCase(own);
    let name = this.#names.has(short) ? long : short;
    for (let n = 2; this.#names.has(name); n++) name = `${long}${n}`;
    this.#names.add(name);
    const summary = `What the schemas of kind "${this.#kind}" call ${JSON.stringify(own)}.`;
    const definition = { name, schema, root: root.schema, summary };
    this.#meanings.set(meaning, definition);
    this.all.push(definition);
    return definition;
  }
}

/** Every `$ref` in a schema, in order. */
function refsOf(schema: unknown): string[] {
  if (!isSchemaObject(schema)) return [];
  const own = Object.hasOwn(schema, "$ref") && typeof schema.$ref === "string" ? [schema.$ref] : [];
  return [...own, ...childSchemas(schema).flatMap(([, child]) => refsOf(child))];
}

/** A schema with everything that it refers to, as text: equal texts mean the same. */
function meaningOf(schema: JsonSchema, references: References): string {
  const parts = [JSON.stringify(schema)];
  const seen = new Set<string>();
  const queue = refsOf(schema);
  for (let ref = queue.shift(); ref !== undefined; ref = queue.shift()) {
    if (seen.has(ref)) continue;
    seen.add(ref);
    const target = references.follow(ref)?.schema;
    parts.push(`${ref} ${JSON.stringify(target)}`);
    queue.push(...refsOf(target));
  }
  return parts.join("\n");
}
