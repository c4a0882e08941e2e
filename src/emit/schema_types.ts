import { PluginRegistryError } from "../errors.ts";
import type { Definition, Definitions } from "./definitions.ts";
import { descriptionOf, docComment, docText } from "./doc_text.ts";
import { type TypeShape, TypeShapes } from "./type_shape.ts";

/** How the library is called for one schema. */
type Compile = (shape: TypeShape, name: string) => Promise<string>;

/** What the library calls every type; the right name takes its place. */
const NAME = "Root";
/** How what it writes begins; before it stands at most a comment of its own on the items of a tuple. */
const BEGINNING = new RegExp(`^(?:/\\*\\*[^]*?\\*/\\s*)?export (interface|type) ${NAME}\\b`);

/**
 * Writes the schemas of a kind as exported types.
 *
 * @param definitions The schemas.
 * @returns Statements, each with its doc comment; not formatted.
 * @throws {PluginRegistryError} If the library may not read what it reads when it is loaded.
 */
export async function schemaTypes(definitions: Definitions): Promise<string[]> {
  const compile = await loadCompile();
  const shapes = new TypeShapes(definitions);
  const types: string[] = [];
  for (const definition of definitions.all) types.push(await typeOf(definition, shapes, compile));
  return types;
}

async function typeOf(definition: Definition, shapes: TypeShapes, compile: Compile): Promise<string> {
  const { description: _said, ...shape } = shapes.of(definition);
  const text = (await compile(shape, NAME)).trim();
  if (!BEGINNING.test(text)) throw new Error(`Cannot write type "${definition.name}": no declaration was written`);
  const declared = text.replace(BEGINNING, (_all, keyword: string) => `export ${keyword} ${definition.name}`);
  return docComment(docText(descriptionOf(definition.schema)) || docText(definition.summary)) + declared;
}

async function loadCompile(): Promise<Compile> {
  const { compile } = await permitted(() => import("json-schema-to-typescript"));
  return (shape, name) =>
    permitted(() => compile(shape, name, { bannerComment: "", format: false, enableConstEnums: false }));
}

/** Says in one place what the library asks for, where it is refused. */
async function permitted<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new PluginRegistryError(
      `Cannot emit TypeScript: ${cause.message.split(",")[0]}; run with --allow-read --allow-env --allow-sys=cpus, ` +
        `which "json-schema-to-typescript" and its formatter ask for`,
      { cause },
    );
  }
}
