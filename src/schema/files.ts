import { join } from "@std/path/join";
import { checkSchema } from "./check_schema.ts";
import type { Finding } from "./finding.ts";
import { SCHEMA_LIMITS } from "./limits.ts";
import { readDocument } from "./read_document.ts";
import { readInside } from "./read_inside.ts";
import { INSIDE, newDocument, readReference, resolveFile, type SchemaDocument } from "./document.ts";
import { show } from "./show.ts";

type Place = Pick<Finding, "file" | "steps">;

/** The schema files of one hookspec, each read once. */
export class SchemaFiles {
  /** What was read, by its path beneath the hookspec's folder. */
  readonly documents: Map<string, SchemaDocument> = new Map();
  /** The texts, for places. */
  readonly texts: Map<string, string> = new Map();
  readonly #folder: string;
  readonly #findings: Finding[];
  readonly #asked = new Set<string>();

  /**
   * @param folder The hookspec's folder, a real path.
   * @param findings What is wrong is added to these.
   */
  constructor(folder: string, findings: Finding[]) {
    this.#folder = folder;
    this.#findings = findings;
  }

  /** Reads the file that a hook names, and all that it refers to. */
  async open(path: string, place: Place): Promise<SchemaDocument | undefined> {
    const file = resolveFile(path, "");
    if (file === undefined) {
      this.#tell(place, INSIDE, show(path));
      return undefined;
    }
    await this.#read(file, place, path);
    return this.documents.get(file);
  }

  /** Walks a schema, then reads all that it refers to. */
  async add(document: SchemaDocument): Promise<void> {
    checkSchema(document, this.#findings);
    for (const { ref, steps } of document.references) {
      const place = { file: document.file, steps: [...document.base, ...steps] };
      const target = readReference(ref, document.folder);
      if ("expected" in target) this.#tell(place, target.expected, show(ref));
      else if (target.file !== undefined) await this.#read(target.file, place, ref);
    }
  }

  async #read(file: string, place: Place, written: string): Promise<void> {
    if (this.#asked.has(file)) {
      if (!this.texts.has(file)) this.#tell(place, "a file that can be read", show(written));
      return;
    }
    this.#asked.add(file);
    if (this.#asked.size > SCHEMA_LIMITS.files) {
      return this.#tell(place, `at most ${SCHEMA_LIMITS.files} files`, "one more");
    }
    const text = await readInside(join(this.#folder, file), this.#folder);
    if (typeof text !== "string") return this.#tell(place, text.expected, `${show(written)}: ${text.found}`);
    this.texts.set(file, text);
    const { value, findings } = await readDocument(text, file, !/\.ya?ml$/i.test(file));
    this.#findings.push(...findings);
    if (value === undefined) return;
    const document = newDocument(value, file, [], file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : "");
    this.documents.set(file, document);
    await this.add(document);
  }

  #tell({ file, steps }: Place, expected: string, found: string): void {
    this.#findings.push({ file, steps, at: "value", expected, found });
  }
}
