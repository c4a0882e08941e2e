import type { JsonValue, PathStep } from "../json.ts";
import { nearestName } from "../near.ts";
import { ACCEPTED_KEYWORDS, DRAFT, REFUSED_KEYWORDS } from "./accepted_keywords.ts";
import { keywordFault, patternFault } from "./check_keyword.ts";
import type { Finding } from "./finding.ts";
import { type SchemaDocument, toPointer } from "./document.ts";
import { show } from "./show.ts";

/**
 * Walks a schema: notes in its document what is a schema, an anchor or a reference, and finds everything that is not
 * accepted. What references lead to is for {@linkcode checkReferences}.
 *
 * @param document The document; its lists are filled.
 * @param findings What is wrong is added to these.
 */
export function checkSchema(document: SchemaDocument, findings: Finding[]): void {
  const walk = new SchemaWalk(document, findings);
  walk.schema(document.value, []);
  walk.finish();
}

type Table = { [key: string]: JsonValue };

class SchemaWalk {
  readonly #document: SchemaDocument;
  readonly #findings: Finding[];
  /** Where keywords stand that ask what others have evaluated. */
  readonly #unevaluated: PathStep[][] = [];
  #hasContains = false;
  #hasIf = false;

  constructor(document: SchemaDocument, findings: Finding[]) {
    this.#document = document;
    this.#findings = findings;
  }

  schema(value: JsonValue, steps: readonly PathStep[]): void {
    const expected = keywordFault("schema", value);
    if (expected !== undefined) return this.#tell(steps, "value", expected, value);
    this.#document.places.add(toPointer(steps));
    if (typeof value === "boolean") return;
    const table = value as Table;
    for (const [keyword, own] of Object.entries(table)) this.#keyword(keyword, own, [...steps, keyword]);
    if (Object.hasOwn(table, "prefixItems")) this.#besidePrefixItems(table, steps);
  }

  /** NB: ajv 8.17.1 gets these wrong where `prefixItems` stands in the same schema, and right one `allOf` below. */
  #besidePrefixItems(table: Table, steps: readonly PathStep[]): void {
    const wrong = {
      contains: Object.hasOwn(table, "contains"),
      uniqueItems: table.uniqueItems === true && isTable(table.items),
    };
    for (const [keyword, isWrong] of Object.entries(wrong)) {
      if (!isWrong) continue;
      const expected = `no ${keyword} beside prefixItems: put it in an allOf, where it is checked rightly`;
      this.#report([...steps, keyword], "key", expected, "both");
    }
  }

  /**
   * What can only be said when all of it is seen, since what is asked about may stand in any form: the library that
   * checks values is wrong about what these have evaluated.
   */
  finish(): void {
    for (const steps of this.#unevaluated) {
      const keyword = steps.at(-1);
      if (this.#hasIf) this.#report(steps, "key", `no ${keyword} in a schema with if: use anyOf`, "both");
      else if (this.#hasContains && keyword === "unevaluatedItems") {
        this.#report(steps, "key", "no unevaluatedItems in a schema with contains", "both");
      }
    }
  }

  #keyword(keyword: string, value: JsonValue, steps: readonly PathStep[]): void {
    const kind = Object.hasOwn(ACCEPTED_KEYWORDS, keyword) ? ACCEPTED_KEYWORDS[keyword] : undefined;
    if (kind === undefined) return this.#unknown(keyword, value, steps);
    const expected = keywordFault(kind, value);
    if (expected !== undefined) return this.#wrong(keyword, expected, value, steps);
    if (keyword === "contains") this.#hasContains = true;
    if (keyword === "if") this.#hasIf = true;
    if (keyword.startsWith("unevaluated")) this.#unevaluated.push([...steps]);
    switch (kind) {
      case "schema":
        return this.schema(value, steps);
      case "schemas":
        return (value as JsonValue[]).forEach((item, i) => this.schema(item, [...steps, i]));
      case "schema map":
      case "pattern map":
        return this.#map(kind, value as { [key: string]: JsonValue }, steps);
      case "reference":
        this.#document.references.push({ ref: value as string, steps });
        return;
      case "anchor":
        return this.#anchor(value as string, steps);
      case "draft":
        if (value === DRAFT || value === `${DRAFT}#`) return;
        return this.#tell(steps, "value", `"${DRAFT}", the one draft that is accepted`, value);
      case "id":
        if (steps.length > 1) {
          this.#tell(
            steps,
            "key",
            "$id at the root only: below it, $ref would mean something else; use $anchor",
            value,
          );
        }
    }
  }

  #map(kind: "schema map" | "pattern map", table: { [key: string]: JsonValue }, steps: readonly PathStep[]): void {
    for (const [key, value] of Object.entries(table)) {
      const own = [...steps, key];
      const fault = kind === "pattern map" ? patternFault(key) : undefined;
      if (key === "__proto__") this.#tell(own, "key", "any other name", key);
      else if (fault !== undefined) this.#report(own, "key", "a regular expression", fault);
      else this.schema(value, own);
    }
  }

  #anchor(name: string, steps: readonly PathStep[]): void {
    if (this.#document.anchors.has(name)) return this.#tell(steps, "value", "a name that stands once", name);
    this.#document.anchors.set(name, toPointer(steps.slice(0, -1)));
  }

  #unknown(keyword: string, value: JsonValue, steps: readonly PathStep[]): void {
    if (keyword.startsWith("x-")) return;
    if (Object.hasOwn(REFUSED_KEYWORDS, keyword)) {
      return this.#tell(steps, "key", REFUSED_KEYWORDS[keyword]!, value);
    }
    const suggestion = nearestName(keyword, Object.keys(ACCEPTED_KEYWORDS));
    this.#tell(steps, "key", "a keyword of JSON Schema 2020-12, or x-…", value, suggestion);
  }

  #wrong(keyword: string, expected: string, value: JsonValue, steps: readonly PathStep[]): void {
    const fault = keyword === "pattern" && typeof value === "string" ? patternFault(value) : undefined;
    if (fault !== undefined) return this.#report(steps, "value", expected, fault);
    const hint = keyword === "items" && Array.isArray(value) ? `${expected}; a list of them is prefixItems` : expected;
    const near = keyword === "type" && typeof value === "string"
      ? nearestName(value, ["array", "boolean", "integer", "null", "number", "object", "string"])
      : undefined;
    this.#tell(steps, "value", hint, value, near);
  }

  #tell(steps: readonly PathStep[], at: "key" | "value", expected: string, value: unknown, near?: string): void {
    this.#report(steps, at, expected, show(value), near);
  }

  #report(steps: readonly PathStep[], at: "key" | "value", expected: string, found: string, near?: string): void {
    const { file, base } = this.#document;
    const suggestion = near === undefined ? {} : { suggestion: near };
    this.#findings.push({ file, steps: [...base, ...steps], at, expected, found, ...suggestion });
  }
}

function isTable(value: JsonValue | undefined): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
