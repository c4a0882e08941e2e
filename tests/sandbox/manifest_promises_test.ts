/**
 * Every manifest field that promises a limit or a permission has a proof: real plugins that see it bite. The fields are
 * taken from the table and from the published JSON Schema, so that a new one without a proof is noticed.
 */
import { assertEquals } from "@std/assert";
import { FIELDS } from "../../src/manifest/fields.ts";
import { PROJECT } from "../support.ts";
import { NO_PROMISE } from "./manifest_promises/no_promise.ts";
import type { Proof } from "./manifest_promises/proof.ts";
import { DECLARATION_PROOFS } from "./manifest_promises/proofs_declarations.ts";
import { LIFECYCLE_PROOFS } from "./manifest_promises/proofs_lifecycle.ts";
import { LIMIT_PROOFS } from "./manifest_promises/proofs_limits.ts";
import { PERMISSION_PROOFS } from "./manifest_promises/proofs_permissions.ts";

const PROOFS = Object.entries<Proof>({
  ...LIMIT_PROOFS,
  ...PERMISSION_PROOFS,
  ...DECLARATION_PROOFS,
  ...LIFECYCLE_PROOFS,
});
const PROVEN = [LIMIT_PROOFS, PERMISSION_PROOFS, DECLARATION_PROOFS, LIFECYCLE_PROOFS].flatMap((table) =>
  Object.keys(table)
);
const UNPROVEN = Object.values(NO_PROMISE).flat();

/** The part of a JSON Schema that is walked. */
interface Node {
  properties?: Record<string, Node>;
}

/** The paths of a schema's leaves. */
function leaves({ properties = {} }: Node, path: readonly string[] = []): string[] {
  return Object.entries(properties).flatMap(([name, node]) => {
    const own = [...path, name];
    return node.properties === undefined ? [own.join(".")] : leaves(node, own);
  });
}

/** What is wrong with the tables, as advice. Empty when every field is in exactly one of them. */
function complaints(fields: readonly string[], proven: readonly string[], unproven: readonly string[]): string[] {
  const all = [...proven, ...unproven];
  return [
    ...fields.filter((field) => !all.includes(field)).map((field) =>
      `"${field}" is new: add a proof that sees it bite to tests/sandbox/manifest_promises/proofs_*.ts, or, if it ` +
      "promises no limit and no permission, the reason to no_promise.ts"
    ),
    ...new Set(all.filter((entry) => !fields.includes(entry)).map((entry) => `"${entry}" is no field: take it out`)),
    ...new Set(
      all.filter((entry, i) => all.indexOf(entry) !== i).map((entry) => `"${entry}" is listed twice: keep one`),
    ),
  ];
}

const schema: { properties: { plugin: Node } } = JSON.parse(
  await Deno.readTextFile(new URL("manifest.schema.json", PROJECT)),
);
const PUBLISHED = leaves(schema.properties.plugin);

Deno.test("every field of the manifest has a proof, or the reason why it promises nothing", () => {
  const fields = [...new Set([...FIELDS.map(({ key }) => key), ...PUBLISHED])];
  assertEquals(complaints(fields, PROVEN, UNPROVEN), []);
});

Deno.test("the published schema and the table hold the same fields", () => {
  assertEquals(PUBLISHED.toSorted(), FIELDS.map(({ key }) => key).toSorted());
});

Deno.test("a new field without a proof, an entry without a field and a field listed twice are complained of", () => {
  const grown: Node = {
    properties: { name: {}, resources: { properties: { gpu: { properties: { cards: {} } } } } },
  };
  assertEquals(complaints(leaves(grown), ["name"], ["name", "gone"]), [
    '"resources.gpu.cards" is new: add a proof that sees it bite to tests/sandbox/manifest_promises/proofs_*.ts, or, ' +
    "if it promises no limit and no permission, the reason to no_promise.ts",
    '"gone" is no field: take it out',
    '"name" is listed twice: keep one',
  ]);
});

for (const [field, { promise, bites }] of PROOFS) {
  Deno.test(`${field} promises that ${promise}`, bites);
}
