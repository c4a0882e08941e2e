import { type FaultCase, plugin } from "./case.ts";

/** Values that are no values, and promises that are no promises. */
export const valueCases: FaultCase[] = [
  {
    id: "values-that-cannot-cross",
    title: "results that are no JSON: functions, symbols, BigInt, circles, throwing getters, classes, 10,000 levels",
    rows: [37],
    publicCases: [16],
    options: { hookTimeoutMs: 5000 },
    plugins: [
      plugin(
        "odd",
        `function() { return () => {}; }
        symbol() { return Symbol("s"); }
        bigint() { return 1n; }
        circle() { const a: Record<string, unknown> = {}; a.a = a; return a; }
        getter() { return { get x() { throw new Error("get"); } }; }
        map() { return new Map([[1, 2]]); }
        date() { return [{ when: new Date(0) }]; }
        promise() { return { inner: Promise.resolve(1) }; }
        proxy() { return new Proxy({}, { ownKeys() { throw new Error("keys"); } }); }
        deep() { let a: unknown[] = []; for (let i = 0; i < 10_000; i++) a = [a]; return a; }
        shared() { return new SharedArrayBuffer(4); }
        fine() { return "still here"; }`,
        {
          hooks: [
            "function",
            "symbol",
            "bigint",
            "circle",
            "getter",
            "map",
            "date",
            "promise",
            "proxy",
            "deep",
            "shared",
            "fine",
          ],
        },
      ),
    ],
    expect: {
      process: { says: /SerializationError.*\$\[0\]\.when: Date.*still here/s },
      worker: { says: /SerializationError.*\$\[0\]\.when: Date.*still here/s },
      none: { says: "still here", note: "references pass as they are" },
    },
  },
  {
    id: "thenables",
    title: "results that pretend to be promises, and a module that exports `then`",
    rows: [38],
    options: { hookTimeoutMs: 400 },
    plugins: [
      plugin("never", `fault() { return { then() {} }; }`),
      plugin("throws", `fault() { return { then() { throw new Error("no then"); } }; }`),
      plugin(
        "twice",
        `fault() { return { then(a: (v: unknown) => void, b: (v: unknown) => void) { a("first"); b("second"); a("third"); } }; }`,
      ),
      plugin("module", `fault() { return "loaded"; }`, {
        head: `export function then() {}`,
        manifest: { startup_timeout_sec: "1" },
        hooks: [],
      }),
      plugin("fake", `fault() { return "real"; }`, {
        head: `export function then(resolve: (v: unknown) => void) { resolve({ Sample: { fault: () => "fake" } }); }`,
      }),
    ],
    expect: {
      process: {
        says: {
          never: "no answer within 400 ms",
          throws: "no then",
          twice: "first",
          module: "Cannot finish load",
          fake: /real|fake/,
        },
      },
      worker: {
        says: {
          never: "no answer within 400 ms",
          throws: "no then",
          twice: "first",
          module: "Cannot finish load",
          fake: /real|fake/,
        },
      },
      none: {
        says: {
          never: "no answer within 400 ms",
          throws: "no then",
          twice: "first",
          module: "Cannot finish load",
          fake: /real|fake/,
        },
      },
    },
  },
];
