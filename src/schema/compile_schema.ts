import { HookspecInvalid, type HookspecProblem } from "../errors.ts";
import { formatPath, type JsonValue } from "../json.ts";
import { bundleSchema } from "./bundle.ts";
import { checkReferences } from "./check_references.ts";
import { checkSchema } from "./check_schema.ts";
import type { LibraryError } from "./describe_error.ts";
import { Explainer } from "./explain.ts";
import type { Finding } from "./finding.ts";
import type { JsonSchema, SchemaCheck } from "./json_schema.ts";
import { toProblem } from "./locate_findings.ts";
import { toPlainValue } from "./plain_value.ts";
import { newDocument, readReference, type SchemaDocument } from "./document.ts";
import { show } from "./show.ts";
import { withoutUndefined } from "./without_undefined.ts";

/** The key by which the library knows the whole schema. */
const ROOT = "schema:";
/** Characters of a path that are told. */
const MAX_PATH = 500;

/**
 * Compiles a JSON Schema 2020-12. The JSON Schema library loads here, and only here.
 *
 * @param schema A schema with nothing outside of it referred to.
 * @param name What errors call it: `Cannot use schema "parameters of add": …`.
 * @returns The check. A value that fits costs only the compiled check itself.
 * @throws {HookspecInvalid} If it is no schema that is accepted.
 */
export async function compileSchema(schema: JsonSchema, name: string): Promise<SchemaCheck> {
  const document = readSchema(schema, name);
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const ajv = new Ajv2020({
    meta: false, // the schema is checked already, more strictly
    validateSchema: false,
    strict: false,
    logger: false,
    validateFormats: false, // an annotation
    ownProperties: true,
    verbose: true,
  });
  const whole = document.value;
  const compileAt = (pointer: string) =>
    (pointer === "" ? ajv.getSchema(ROOT) : ajv.getSchema(`${ROOT}#${encodePointer(pointer)}`))!;
  let validate: ReturnType<typeof compileAt>;
  try {
    ajv.addSchema(whole as object, ROOT);
    validate = compileAt("");
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw refuse(name, [{ path: "", expected: "a schema that can be compiled", found }], { cause });
  }
  const explainer = new Explainer(whole, document.places, (pointer, value) => {
    const check = compileAt(pointer);
    return check(value) ? [] : check.errors as LibraryError[];
  });
  return (given) => {
    try {
      if (validate(given)) return undefined;
      const value = withoutUndefined(given);
      if (value !== given && validate(value)) return undefined;
      const { steps, expected, found } = explainer.explain(validate.errors as LibraryError[], value);
      const path = formatPath(steps); // keys may be of any length
      return { path: path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path, expected, found };
    } catch (error) {
      // NB: a value that goes round in a circle never ends under a schema that refers to itself, save by the stack.
      if (error instanceof RangeError) {
        return { path: "$", expected: "a value of less depth", found: "one that is nested too deep, or in a circle" };
      }
      // NB: ajv compares by a value's own `toString` and `valueOf`, whatever they are.
      const found = error instanceof Error ? error.message : String(error);
      return { path: "$", expected: "a value that can be checked", found };
    }
  };
}

/** Checks a schema, and gives a copy that the library can be left alone with. */
function readSchema(schema: JsonSchema, name: string): SchemaDocument {
  const plain = toPlainValue(schema, "");
  if ("finding" in plain) throw refuse(name, [toProblem(plain.finding)]);
  const document = newDocument(plain.value, "", [], "");
  const findings: Finding[] = [];
  checkSchema(document, findings);
  for (const { ref, steps } of document.references) {
    const target = readReference(ref, "");
    if (!("expected" in target) && target.file === undefined) continue;
    findings.push({ file: "", steps, at: "value", expected: "a reference within the schema", found: show(ref) });
  }
  checkReferences(document, new Map(), findings);
  if (findings.length > 0) throw refuse(name, findings.map((finding) => toProblem(finding)));
  const copy = bundleSchema(document, new Map());
  if (typeof copy === "object") {
    delete (copy as { $id?: string }).$id;
    delete (copy as { $schema?: string }).$schema;
  }
  return { ...document, value: copy as JsonValue };
}

/** Of a lone schema it is not said that a hookspec could not be loaded. */
function refuse(name: string, problems: readonly HookspecProblem[], options: ErrorOptions = {}): HookspecInvalid {
  return new HookspecInvalid(name, problems, { ...options, action: "use schema" });
}

function encodePointer(pointer: string): string {
  return pointer.split("/").map(encodeURIComponent).join("/");
}
