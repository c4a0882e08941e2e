import { assertEquals } from "@std/assert";
import { nearestName, nearNames } from "../src/near.ts";

const FIELDS = ["name", "kind", "runtime", "core_version", "entry_point", "execution_model", "tryfirst"];

const rows: [given: string, known: string[], nearest: string | undefined][] = [
  ["runtme", FIELDS, "runtime"],
  ["rumtine", FIELDS, "runtime"],
  ["entrypoint", FIELDS, "entry_point"],
  ["entryPoint", FIELDS, "entry_point"],
  ["Entry Point", FIELDS, "entry_point"],
  ["entry-pont", FIELDS, "entry_point"],
  ["CORE_VERSION", FIELDS, "core_version"],
  ["core_versoin", FIELDS, "core_version"],
  ["name", FIELDS, "name"],
  ["nam", FIELDS, "name"],
  ["names", FIELDS, "name"],
  ["mane", FIELDS, "name"], // two letters that changed places
  ["mabe", FIELDS, undefined], // two letters of four is more than a third
  ["color", FIELDS, undefined],
  ["n", FIELDS, undefined],
  ["anything", [], undefined],
  ["abcdef", ["abcdxy"], "abcdxy"], // two letters of six is a third
  ["abcdef", ["abcxyz"], undefined],
  ["abcd", ["abcdef"], undefined], // the shorter of the two counts
  ["e p t", ["ept"], "ept"], // marks between words do not count
  ["e-p-t", ["e_p_t"], "e_p_t"],
  ["ab", ["ax"], "ax"], // one letter is always near
  ["ab", ["xy"], undefined],
];

for (const [given, known, nearest] of rows) {
  Deno.test(`"${given}" among ${known.length} names means ${nearest === undefined ? "none" : `"${nearest}"`}`, () => {
    assertEquals(nearestName(given, known), nearest);
  });
}

Deno.test("near names come nearest first, then by the alphabet", () => {
  assertEquals(nearNames("chunker", ["chunkers", "bunker", "chunker", "thunker", "kernel"]), [
    "chunker",
    "chunkers",
    "thunker",
    "bunker",
  ]);
  assertEquals(nearNames("abc", ["abz", "aby", "abx"]), ["abx", "aby", "abz"]);
});

Deno.test("near names are found in anything that can be walked", () => {
  assertEquals(nearNames("runtme", new Set(FIELDS)), ["runtime"]);
  assertEquals(nearestName("runtme", new Map([["runtime", 1]]).keys()), "runtime");
});

Deno.test("a name too long to be a slip of the pen has no near names", () => {
  assertEquals(nearestName("x".repeat(64), ["x".repeat(64)]), "x".repeat(64));
  assertEquals(nearestName("x".repeat(65), ["x".repeat(65)]), undefined);
});
