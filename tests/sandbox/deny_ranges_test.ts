import { assert, assertEquals } from "@std/assert";
import { denyRanges } from "../../src/sandbox/deny_ranges.ts";

/** Whether an IPv4 address lies in one of the ranges; written apart from the code under test. */
function denied(ranges: string[], address: string): boolean {
  const bits = (text: string) => text.split(".").map((part) => Number(part).toString(2).padStart(8, "0")).join("");
  return ranges.filter((range) => !range.startsWith("[")).some((range) => {
    const [first, size = "32"] = range.split("/");
    return bits(address).startsWith(bits(first!).slice(0, Number(size)));
  });
}

Deno.test("a listed address is the only hole in its range", () => {
  const ranges = denyRanges(["127.0.0.1:8080"]);
  assertEquals(denied(ranges, "127.0.0.1"), false);
  for (
    const near of [
      "127.0.0.0",
      "127.0.0.2",
      "127.0.1.1",
      "127.255.255.255",
      "127.128.0.1",
      "10.1.2.3",
      "169.254.169.254",
    ]
  ) {
    assert(denied(ranges, near), near);
  }
});

Deno.test("a listed range is the only hole, whether finer or coarser than what is closed", () => {
  const finer = denyRanges(["10.1.0.0/16"]);
  assertEquals(denied(finer, "10.1.255.255"), false);
  assert(denied(finer, "10.2.0.0") && denied(finer, "10.0.255.255"));
  const coarser = denyRanges(["192.0.0.0/8"]);
  assertEquals(denied(coarser, "192.168.0.1"), false);
  assert(denied(coarser, "10.0.0.1"));
});

Deno.test("localhost opens both of its addresses and nothing else", () => {
  const ranges = denyRanges(["localhost:1234"]);
  assertEquals(denied(ranges, "127.0.0.1"), false);
  assert(denied(ranges, "127.0.0.2"));
  assertEquals(ranges.includes("[::1]"), false);
  assert(ranges.includes("[::]"));
});

Deno.test("public addresses are never closed", () => {
  for (const address of ["1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "192.169.0.1", "11.0.0.0"]) {
    assertEquals(denied(denyRanges(["example.com"]), address), false, address);
  }
});
