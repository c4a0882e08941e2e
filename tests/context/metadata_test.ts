import { assert, assertEquals, assertFalse, assertStrictEquals } from "@std/assert";
import {
  frozenMetadata,
  type Metadata,
  NO_METADATA,
  PluginContext,
  runInCall,
  runningCall,
} from "../../src/context/mod.ts";

Deno.test("metadata is copied and frozen at every depth; the giver's own stays as it is", () => {
  const given = JSON.parse('{"a":[{"b":1}],"__proto__":{"polluted":true},"n":null}') as Metadata;
  const frozen = frozenMetadata({ ...given, dropped: undefined as never });
  assertEquals(JSON.stringify(frozen), JSON.stringify({ ...given }));
  assertEquals(Object.keys(frozen), ["a", "__proto__", "n"]);
  assertEquals(Object.getPrototypeOf(frozen), Object.prototype);
  for (const one of [frozen, frozen.a, (frozen.a as object[])[0]]) assert(Object.isFrozen(one));
  for (const one of [given, given.a]) assertFalse(Object.isFrozen(one));
  assertStrictEquals(frozenMetadata({}), NO_METADATA);
});

Deno.test("the host's own context belongs to no call: no metadata, a signal that never aborts, nothing in flight", async () => {
  const context = new PluginContext();
  const call = { plugin: "thing/sample", metadata: { n: 1 }, signal: AbortSignal.abort() };
  await runInCall(call, async () => {
    await null;
    assertStrictEquals(runningCall(), call);
    assertEquals([context.metadata, context.signal.aborted, context.inFlight()], [{}, false, []]);
    assertEquals(runInCall(undefined, runningCall), undefined);
  });
  assertEquals(runningCall(), undefined);
  assert(Object.isFrozen(context.metadata));
  assert(context.signal !== context.signal, "listeners must not gather on one that lives for ever");
});
