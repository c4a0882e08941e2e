import { assert, assertEquals, assertFalse } from "@std/assert";
import { isStopChainError, STOP_CHAIN, stopChainError } from "../src/stop_chain.ts";

Deno.test("STOP_CHAIN is one symbol in all copies of the package", async () => {
  const copy = await import(new URL("../src/stop_chain.ts?copy", import.meta.url).href);
  assert(copy.STOP_CHAIN === STOP_CHAIN);
  assertEquals(Symbol.keyFor(STOP_CHAIN), "@dagstack/plugin-system/STOP_CHAIN");
});

Deno.test("the error that stands for STOP_CHAIN is known by its code alone", () => {
  assert(isStopChainError(stopChainError()));
  assert(isStopChainError(Object.assign(new Error("of a copy"), { code: "STOP_CHAIN" })));
  for (const other of [new Error("STOP_CHAIN"), { code: "STOP_CHAIN" }, STOP_CHAIN, undefined]) {
    assertFalse(isStopChainError(other));
  }
});
