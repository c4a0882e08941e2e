/** Chance that is the same in every version and on every platform. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DeterministicRng } from "../../src/resources/deterministic_rng.ts";

/**
 * From the authors' published C code, compiled and run. They never change: whoever has a golden file of their own relies
 * on them.
 */
const GOLDEN = [
  {
    seed: 0,
    words: [3737715805, 2584255861, 2876756834, 3286328325, 1553311962, 1625202774],
    floats: [0.870254774404272, 0.6697971505310978],
    uuid: "dec9045d-9a08-4d75-ab77-d362c3e16405",
    dice: [2, 2, 3, 4, 1, 1, 1, 1],
    far: [-6469124401618703, 6706345610929843],
  },
  {
    seed: 1,
    words: [1695105466, 1423115009, 634581793, 1068227753, 716759206, 4186505319],
    floats: [0.3946724931250869, 0.1477500889354657],
    uuid: "650941ba-54d3-4301-a5d2-f3213fabdca9",
    dice: [5, 6, 2, 6, 5, 4, 4, 1],
    far: [-6401655921507178, -3673325546250943],
  },
  {
    seed: -1,
    words: [477689756, 2493998634, 555695776, 607808419, 61340979, 301466976],
    floats: [0.11122081116347982, 0.12938300625619603],
    uuid: "1c78f79c-94a7-462a-a11f-3ea0243a6ba3",
    dice: [3, 1, 5, 2, 4, 1, 5, 1],
    far: [7027651322013340, -212617453212632],
  },
  {
    seed: Number.MAX_SAFE_INTEGER,
    words: [1233166643, 1287031142, 661813442, 2960669951, 2601079046, 1036114921],
    floats: [0.2871189810310325, 0.1540904543499252],
    uuid: "4980a133-4cb6-4966-a772-78c2b0783cff",
    dice: [6, 3, 3, 6, 3, 2, 5, 1],
    far: [-8829957552305523, 5199327160450461],
  },
];

for (const { seed, words, floats, uuid, dice, far } of GOLDEN) {
  Deno.test(`the generator seeded with ${seed} gives what it always gave`, () => {
    const taken = <T>(count: number, take: (rng: DeterministicRng) => T) => {
      const rng = new DeterministicRng(seed);
      return Array.from({ length: count }, () => take(rng));
    };
    assertEquals(taken(6, (rng) => rng.nextInt(0, 2 ** 32 - 1)), words);
    assertEquals(taken(2, (rng) => rng.nextFloat()), floats);
    assertEquals(taken(1, (rng) => rng.uuid4()), [uuid]);
    assertEquals(taken(8, (rng) => rng.nextInt(1, 6)), dice);
    assertEquals(taken(8, (rng) => rng.choice([1, 2, 3, 4, 5, 6])), dice);
    assertEquals(taken(2, (rng) => rng.nextInt(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)), far);
  });
}

Deno.test("a whole number lies between its ends, whatever they are", () => {
  const rng = new DeterministicRng(7);
  fc.assert(fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
    const [low, high] = a < b ? [a, b] : [b, a];
    const given = rng.nextInt(low, high);
    assert(Number.isSafeInteger(given) && given >= low && given <= high, `${given}`);
  }));
  for (const [low, high] of [[0, 2 ** 32 - 1], [0, 2 ** 32], [-1, 2 ** 32], [2 ** 52, 2 ** 53 - 1], [5, 5]] as const) {
    for (let i = 0; i < 50; i++) {
      const given = rng.nextInt(low, high);
      assert(given >= low && given <= high);
    }
  }
});

Deno.test("all whole numbers are equally likely, also where their count divides no power of two", () => {
  for (const [low, count] of [[1, 6], [0, 3 * 2 ** 30], [Number.MIN_SAFE_INTEGER, 3 * 2 ** 52]] as const) {
    const rng = new DeterministicRng(3);
    const bins = [0, 0, 0];
    for (let i = 0; i < 9000; i++) bins[Math.floor((rng.nextInt(low, low + count - 1) - low) / count * 3)]!++;
    for (const hits of bins) assert(Math.abs(hits - 3000) < 270, `${bins} of ${count}`); // six standard deviations
  }
});

Deno.test("floats lie between 0 and 1, with their mean in the middle", () => {
  const rng = new DeterministicRng(11);
  let sum = 0;
  for (let i = 0; i < 10_000; i++) {
    const given = rng.nextFloat();
    assert(given >= 0 && given < 1);
    sum += given;
  }
  assert(Math.abs(sum / 10_000 - 0.5) < 0.02);
});

Deno.test("reset starts the sequence anew, and two generators do not disturb each other", () => {
  const [one, other] = [new DeterministicRng(5), new DeterministicRng(5)];
  const first = Array.from({ length: 10 }, () => one.uuid4());
  for (const uuid of first) {
    assert(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid), uuid);
  }
  assertEquals(new Set(first).size, 10);
  one.reset();
  assertEquals(Array.from({ length: 10 }, () => one.uuid4()), first);
  assertEquals(Array.from({ length: 10 }, () => other.uuid4()), first);
});

Deno.test("what is no seed, no range and no choice is refused", () => {
  for (const seed of [0.5, NaN, Infinity, 2 ** 53, "1" as unknown as number]) {
    assertThrows(() => new DeterministicRng(seed), RangeError, "no safe integer");
  }
  const rng = new DeterministicRng();
  for (const [low, high] of [[2, 1], [0.5, 1], [0, Infinity], [0, 2 ** 53], [NaN, NaN]] as const) {
    assertThrows(() => rng.nextInt(low, high), RangeError, `low is ${low}, high is ${high}`);
  }
  assertThrows(() => rng.choice([]), RangeError, "there are none");
});
