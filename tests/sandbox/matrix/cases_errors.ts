import { type FaultCase, plugin } from "./case.ts";

const LATE = { endsLater: true };

/** What is thrown, and values that are no values. */
export const errorCases: FaultCase[] = [
  {
    id: "throws-at-import",
    title: "a module throws while it is imported",
    rows: [10],
    publicCases: [5],
    plugins: [plugin("broken", "", { head: `throw new Error("not today");`, hooks: [] })],
    expect: {
      process: { says: 'PluginLoadError: Cannot load plugin "thing/broken": Error: not today', withinMs: 1000 },
      worker: { says: 'PluginLoadError: Cannot load plugin "thing/broken": Error: not today', withinMs: 1000 },
      none: { says: 'PluginLoadError: Cannot load plugin "thing/broken": Error: not today', withinMs: 1000 },
    },
  },
  {
    id: "throws-no-error",
    title: "hooks throw `null`, `undefined`, a string, a symbol, a hostile object, a Proxy",
    rows: [10],
    publicCases: [6],
    options: { hookTimeoutMs: 3000 },
    plugins: [
      plugin(
        "odd",
        `nothing() { throw null; }
        undefined() { throw undefined; }
        text() { throw "text"; }
        symbol() { throw Symbol("symbol"); }
        hostile() { throw { toString() { throw 1; }, get message() { throw 2; }, get stack() { throw 3; } }; }
        proxy() { throw new Proxy({}, { get() { throw 4; }, ownKeys() { throw 5; }, getPrototypeOf() { throw 6; } }); }
        number() { throw 0; }
        fine() { return "still here"; }`,
        { hooks: ["nothing", "undefined", "text", "symbol", "hostile", "proxy", "number", "fine"] },
      ),
    ],
    expect: {
      process: { says: "still here", withinMs: 1000 },
      worker: { says: "still here", withinMs: 1000 },
      none: { says: "still here", harms: ["no error"], note: "what is thrown arrives as it is" },
    },
  },
  {
    id: "late-rejection",
    title: "a promise is rejected 50 ms after the hook, and nobody waits for it",
    rows: [10],
    publicCases: [7],
    plugins: [
      plugin(
        "late",
        `fault() { setTimeout(() => Promise.reject(new Error("late")), 50); return "fine so far"; }`,
        LATE,
      ),
    ],
    expect: {
      process: { says: /crashed.*Error: late/ },
      worker: { says: "late" },
      none: { harms: ["host exits with code 1"] },
    },
  },
  {
    id: "late-throw",
    title: "a timer throws after the hook",
    rows: [10],
    publicCases: [8],
    plugins: [
      plugin("late", `fault() { setTimeout(() => { throw new Error("late"); }, 50); return "fine so far"; }`, LATE),
    ],
    expect: {
      process: { says: /crashed.*Error: late/ },
      worker: { says: "late" },
      none: { harms: ["host exits with code 1"] },
    },
  },
  {
    id: "late-throw-of-anything",
    title: "a timer throws `null`, a Proxy, or an error with a cause that is itself, or 20,000 deep",
    rows: [10],
    plugins: ([
      ["nothing", "throw null;"],
      ["proxy", "throw new Proxy({}, { get() { throw 1; } });"],
      ["circle", `const e: Error & { cause?: unknown } = new Error("circle"); e.cause = e; throw e;`],
      [
        "deep",
        `let e = new Error("deep"); for (let i = 0; i < 20000; i++) e = new Error("deep", { cause: e }); throw e;`,
      ],
    ] as const).map(([name, body]) =>
      plugin(name, `fault() { setTimeout(() => { ${body} }, 20); return "up"; }`, LATE)
    ),
    expect: {
      process: { says: "unavailable" },
      worker: { says: "unavailable" },
      none: { harms: ["host exits with code 1"] },
    },
  },
  {
    id: "hostile-error",
    title: "errors with 5 MB of message, a circle or 20,000 levels of causes, throwing getters",
    rows: [10, 11],
    options: { hookTimeoutMs: 5000 },
    plugins: [
      plugin(
        "hostile",
        `long() { throw new Error("x".repeat(5_000_000)); }
        circle() { const e: Error & { cause?: unknown } = new Error("circle"); e.cause = e; throw e; }
        deep() { let e = new Error("deep"); for (let i = 0; i < 20000; i++) e = new Error("deep", { cause: e }); throw e; }
        getters() { throw Object.defineProperty(new Error("x"), "message", { get() { throw 1; } }); }
        fine() { return "still here"; }`,
        { hooks: ["long", "circle", "deep", "getters", "fine"] },
      ),
    ],
    expect: {
      process: { says: "still here" },
      worker: { says: "still here" },
      none: { says: "still here", mayHarm: ["host exits with code 1"], note: "the objects themselves" },
    },
  },
  {
    id: "terminal-escapes",
    title:
      "errors and logs with escape sequences, line ends and a forged report, and an error that paints its own inspection",
    rows: [11],
    publicCases: [19],
    plugins: [
      plugin(
        "paints",
        `fault() {
          const text = "\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\nok | 1 passed | 0 failed";
          console.error(text);
          const error = new Error(text);
          error.name = "\\x1b[31m\\nFAKE 1 passed";
          setTimeout(() => { throw Object.assign(error, { [Symbol.for("Deno.customInspect")]: () => text }); }, 50);
          return "painted";
        }`,
        LATE,
      ),
    ],
    expect: {
      process: { says: "unavailable" },
      worker: {
        harms: ["terminal controlled"],
        note: "Deno itself prints an uncaught error of a worker to the host's stderr",
      },
      none: { harms: ["host exits with code 1", "terminal controlled"] },
    },
  },
];
