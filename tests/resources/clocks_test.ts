/** Clocks for tests. */
import { assertEquals, assertThrows } from "@std/assert";
import { decorateMembers } from "../../src/resources/decorate_members.ts";
import { FrozenClock } from "../../src/resources/frozen_clock.ts";
import { isInScope } from "../../src/resources/in_scope.ts";
import { OffsetClock } from "../../src/resources/offset_clock.ts";

Deno.test("a frozen clock stands still until it is advanced", () => {
  const clock = new FrozenClock();
  assertEquals(clock.now().toISOString(), "2020-01-01T00:00:00.000Z");
  assertEquals(clock.monotonicNs(), 0n);
  clock.now().setFullYear(1999); // the caller's own date
  clock.advance(1500);
  clock.advance(0.25);
  clock.advance(0.75);
  assertEquals(clock.now().toISOString(), "2020-01-01T00:00:01.501Z");
  assertEquals(clock.monotonicNs(), 1_501_000_000n);
});

Deno.test("a frozen clock is set to and fro, while its durations go on", () => {
  for (const at of ["1999-12-31T23:59:59Z", new Date("1999-12-31T23:59:59Z"), 946684799000]) {
    const clock = new FrozenClock(at);
    assertEquals(clock.now().getTime(), 946684799000);
    clock.advance(5);
    clock.set("1970-01-01T00:00:00Z");
    assertEquals([clock.now().getTime(), clock.monotonicNs()], [0, 5_000_000n]);
    clock.reset();
    assertEquals([clock.now().getTime(), clock.monotonicNs()], [946684799000, 0n]);
  }
});

Deno.test("a frozen clock adds up fractions without loss, also over many years and before 1970", () => {
  const clock = new FrozenClock("1960-01-01T00:00:00Z");
  for (let i = 0; i < 10; i++) clock.advance(0.1);
  assertEquals([clock.now().toISOString(), clock.monotonicNs()], ["1960-01-01T00:00:00.001Z", 1_000_000n]);
  clock.advance(0.000001);
  assertEquals([clock.now().getUTCMilliseconds(), clock.monotonicNs()], [1, 1_000_001n]);
  clock.advance(1e13);
  clock.advance(0.000001);
  assertEquals(clock.monotonicNs(), 10n ** 19n + 1_000_002n);
});

Deno.test("a frozen clock refuses what is no moment and no duration, and stays as it was", () => {
  for (const at of ["yesterday", NaN, new Date(NaN), 9e15]) {
    assertThrows(() => new FrozenClock(at), RangeError, "no moment");
  }
  const clock = new FrozenClock();
  for (const ms of [-1, NaN, Infinity, "5" as unknown as number]) {
    assertThrows(() => clock.advance(ms), RangeError, "a number of at least 0");
  }
  assertThrows(() => clock.advance(9e15), RangeError, "no moment");
  assertThrows(() => clock.set("never"), RangeError, "no moment");
  assertEquals([clock.now().getTime(), clock.monotonicNs()], [Date.UTC(2020, 0), 0n]);
});

Deno.test("a frozen clock goes on from another, and refuses what no other can have come to", () => {
  const clock = new FrozenClock(-2, { elapsedNs: 10n, fractionNs: 999_999 });
  assertEquals([clock.now().getTime(), clock.monotonicNs()], [-2, 10n]);
  clock.advance(0.000001);
  assertEquals([clock.now().getTime(), clock.monotonicNs()], [-1, 11n]);
  clock.reset();
  assertEquals([clock.now().getTime(), clock.monotonicNs()], [-2, 10n]);
  for (const elapsedNs of [-1n, 5 as unknown as bigint]) {
    assertThrows(() => new FrozenClock(0, { elapsedNs }), RangeError, "elapsedNs is");
  }
  for (const fractionNs of [-1, 0.5, NaN, 1e6]) {
    assertThrows(() => new FrozenClock(0, { fractionNs }), RangeError, "fractionNs is");
  }
});

Deno.test("an offset clock goes with another, earlier or later", () => {
  const clock = new FrozenClock(0);
  const later = new OffsetClock(3_600_000, clock);
  const earlier = new OffsetClock(-1, clock);
  clock.advance(10);
  assertEquals([later.now().getTime(), earlier.now().getTime()], [3_600_010, 9]);
  assertEquals(later.monotonicNs(), 10_000_000n);
  assertThrows(() => new OffsetClock(0.5), RangeError, "whole number");
});

Deno.test("an offset clock lives in a scope if the clock that it goes with does, and what stands before one does not", () => {
  const clock = new OffsetClock(5, new FrozenClock(0));
  const own = new OffsetClock(5, { now: () => new Date(0), monotonicNs: () => 0n });
  const before = decorateMembers(clock, (_method, call) => call) as OffsetClock;
  assertEquals([clock, own, before].map(isInScope), [true, false, false]);
  assertEquals(before.now().getTime(), 5);
  assertEquals(isInScope(new OffsetClock(1, before)), false);
});
