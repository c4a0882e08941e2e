import { regex } from "./fits_accepts.ts";
import type { Shape } from "./fits_shapes.ts";
import type { Hints } from "./fits_values.ts";

/** Whole numbers to try for a shape, its bounds first. */
export function* integerCandidates(shape: Shape, hints: Hints): Generator<number> {
  const { least, most } = shape;
  const steps = shape.multiples.map((step) => Math.abs(step));
  const step = steps.every(Number.isInteger) ? steps.reduce(commonMultiple, 1) : Math.max(...steps);
  const plain = [
    0,
    least,
    most,
    1,
    -1,
    least + 1,
    most - 1,
    2,
    42,
    -7,
    1000,
    2 ** 31,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ];
  const near = hints.numbers.flatMap((n) => [Math.floor(n), Math.ceil(n), Math.floor(n) - 1, Math.ceil(n) + 1, -n]);
  for (const n of [...plain, ...near]) {
    if (!Number.isFinite(n)) continue;
    if (Number.isInteger(n)) yield n;
    if (shape.multiples.length > 0) {
      for (const k of [Math.ceil(n / step), Math.floor(n / step), Math.ceil(n / step) + 1, Math.floor(n / step) - 1]) {
        if (Number.isInteger(k * step)) yield k * step;
      }
    }
  }
  for (let i = 1; shape.multiples.length > 0 && i < 40; i++) if (Number.isInteger(i * step)) yield i * step;
}

/** Other numbers to try for a shape. */
export function* fractionCandidates(shape: Shape, hints: Hints): Generator<number> {
  const { least, most } = shape;
  const finite = Number.isFinite(least) && Number.isFinite(most);
  const middle = finite ? [least + (most - least) / 2, least + (most - least) / 3, least + (most - least) / 7.5] : [];
  const plain = [
    least,
    most,
    0.5,
    -0.5,
    ...middle,
    least + 0.5,
    most - 0.5,
    least + 0.001,
    most - 0.001,
    1e-9,
    1.5,
    1e6 + 0.25,
  ];
  const near = hints.numbers.flatMap((n) => [n, n + 0.5, n - 0.5, n + 0.001, n - 0.001]);
  for (const n of [...plain, ...near]) {
    if (!Number.isFinite(n)) continue;
    if (!Number.isInteger(n)) yield n;
    for (const step of shape.multiples) {
      for (const k of [Math.ceil(n / step), Math.floor(n / step), Math.ceil(n / step) + 1]) {
        if (!Number.isInteger(k * step)) yield k * step;
      }
    }
  }
}

function commonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return a / x * b;
}

const words = [
  "a",
  "text",
  "A b",
  "é",
  "😀",
  "0",
  "e\u0301",
  "line\nbreak",
  '"quoted" \\',
  "\u0000",
  "__proto__",
  "مرحبا",
  "<b>&amp;</b>",
];
const shapesOfText = [
  "abc",
  "ABC",
  "Abc",
  "a1",
  "abc_def",
  "a-b",
  "a.b",
  "a/b",
  "/a/b",
  "1",
  "12",
  "123",
  "1.5",
  "-1",
  "a@b.example",
  "https://a.example/b",
  "1.0.0",
  "2020-02-29",
  "2020-02-29T12:00:00Z",
  "12:00:00",
  "123e4567-e89b-12d3-a456-426614174000",
  "ab",
  "abcd",
  "abcde12345",
  "deadbeef",
  "0123456789abcdef",
  "#a0b1c2",
  "en",
  "en-GB",
  "127.0.0.1",
  "x:y",
  "$x",
  "a b",
  "AB-12",
  "ABC-123",
  "a,b",
];

/** Texts to try for a shape: empty, of the shortest and longest length, of all kinds of characters. */
export function* stringCandidates(shape: Shape, hints: Hints, depth: number): Generator<string> {
  const { shortest, longest } = shape;
  if (shape.patterns.length > 0) return yield* patternCandidates(shape, hints);
  const sized = (length: number, unit: string): string => unit.repeat(Math.max(0, length));
  if (shortest === 0) yield "";
  if (shortest > 100_000) return;
  for (const unit of ["a", "😀"]) {
    if (shortest > 0) yield sized(shortest, unit);
    if (longest <= 10_000) yield sized(longest, unit);
  }
  for (const word of words) if (fits(word, shape)) yield word;
  if (depth < 2 && shortest < 1000) yield sized(Math.min(longest, 1000), "long ").slice(0, Math.min(longest, 1000));
  for (const value of hints.values) if (typeof value === "string") yield value;
  for (const n of hints.numbers) {
    if (Number.isInteger(n) && n >= 0 && n < 5000) { for (const near of [n, n - 1, n + 1]) yield sized(near, "a"); }
  }
  yield* shapesOfText;
}

function* patternCandidates(shape: Shape, hints: Hints): Generator<string> {
  const given = shape.patterns.flatMap((pattern) => [...hints.texts.get(pattern) ?? []]);
  const plain = shape.patterns.map((pattern) => pattern.replaceAll(/[\^$\\]|\.\*/g, ""));
  const strings = hints.values.filter((value) => typeof value === "string");
  const all = ["", ...given, ...plain, ...shapesOfText, ...words, ...strings];
  const holds = (text: string) => shape.patterns.every((pattern) => regex(pattern).test(text));
  for (const text of all) if (fits(text, shape) && holds(text)) yield text;
  // where a text is too short, another of its characters in front, behind or in the middle may still match
  const grown = new Set(all.filter((text) => text.length > 0 && text.length < 20));
  for (const text of [...grown].slice(0, 40)) {
    const wanted = Math.min(shape.longest, Math.max(shape.shortest, 2));
    for (const character of new Set([text.slice(0, 1), text.slice(-1), "a", "0"])) {
      const missing = wanted - [...text].length;
      if (missing <= 0 || missing > 200) continue;
      for (const longer of [text + character.repeat(missing), character.repeat(missing) + text]) {
        if (holds(longer)) yield longer;
      }
    }
  }
}

function fits(text: string, shape: Shape): boolean {
  const length = [...text].length;
  return length >= shape.shortest && length <= shape.longest;
}
