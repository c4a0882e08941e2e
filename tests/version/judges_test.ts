/** Both grammars against outside judges: verdicts of Python's `packaging` and npm's `semver`, kept as data. */
import { assert, assertEquals } from "@std/assert";
import { parseCoreVersion } from "../../src/version/mod.ts";
import pep440 from "../testdata/version/pep440.json" with { type: "json" };
import semver from "../testdata/version/semver.json" with { type: "json" };

for (const { judge, rows } of [pep440, semver]) {
  Deno.test(`${rows.length} ranges admit and refuse as the judge says: ${judge}`, () => {
    let verdicts = 0;
    for (const { range, admits, refuses } of rows) {
      const test = parseCoreVersion(range);
      assert(typeof test === "function", `"${range}" cannot be read`);
      assertEquals(admits.filter((version) => !test(version)), [], `"${range}" refuses what the judge admits`);
      assertEquals(refuses.filter((version) => test(version)), [], `"${range}" admits what the judge refuses`);
      verdicts += admits.length + refuses.length;
    }
    assert(verdicts > 800, `only ${verdicts} verdicts`);
  });
}
