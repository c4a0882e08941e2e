import { type FaultCase, notRun, plugin } from "./case.ts";

/** `(module (func (export "f") (loop br 0)))` */
const WASM_LOOP = "0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11";

const freezes = notRun("the host's only thread would stand still");
const burns = { harms: ["core burns", "host does not end"], mayHarm: ["loop stalls"] };
const LIMIT = { hookTimeoutMs: 300 };
const NO_ANSWER = "no answer within 300 ms";

/** Loops, and waiting that never ends. */
export const loopCases: FaultCase[] = [
  {
    id: "endless-loop",
    title: "a hook never gives the thread back: loop, regular expression, WebAssembly, `finally`",
    rows: [1],
    publicCases: [1],
    options: LIMIT,
    plugins: [
      plugin("loop", `fault() { while (true); }`),
      plugin("regexp", `fault() { return /^(a+)+$/.test("a".repeat(60) + "b"); }`),
      plugin(
        "wasm",
        `async fault() {
          const { instance } = await WebAssembly.instantiate(new Uint8Array([${WASM_LOOP}]));
          (instance.exports.f as () => void)();
        }`,
      ),
      plugin("finally", `fault() { try { return 1; } finally { while (true); } }`),
    ],
    expect: {
      process: { says: NO_ANSWER, withinMs: 1300 },
      worker: {
        says: NO_ANSWER,
        withinMs: 1300,
        ...burns,
        note: "Deno cannot stop the thread; the host needs Deno.exit",
      },
      none: freezes,
    },
  },
  {
    id: "endless-microtasks",
    title: "a hook never lets the event loop turn: `await null`, `nextTick`, a chain of `then`",
    rows: [2],
    publicCases: [2],
    options: LIMIT,
    plugins: [
      plugin("awaits", `async fault() { for (;;) await null; }`),
      plugin("ticks", `fault() { const tick = () => process.nextTick(tick); tick(); return new Promise(() => {}); }`, {
        head: `import process from "node:process";`,
      }),
      plugin("thens", `fault() { const next = (): unknown => Promise.resolve().then(next); return next(); }`),
    ],
    expect: {
      process: { says: NO_ANSWER, withinMs: 1300 },
      worker: { says: NO_ANSWER, withinMs: 1300, ...burns, note: "as above" },
      none: freezes,
    },
  },
  {
    id: "never-settles",
    title: "a hook's promise never settles",
    rows: [3],
    publicCases: [3],
    options: LIMIT,
    plugins: [plugin("silent", `fault() { return new Promise(() => {}); }`)],
    expect: {
      process: { says: NO_ANSWER, withinMs: 800 },
      worker: { says: NO_ANSWER, withinMs: 800 },
      none: { says: NO_ANSWER, withinMs: 800 },
    },
  },
  {
    id: "top-level-await",
    title: "a module's top-level `await` never ends",
    rows: [3],
    publicCases: [4],
    plugins: [
      plugin("silent", "", {
        head: "await new Promise(() => {});",
        manifest: { startup_timeout_sec: "1" },
        hooks: [],
      }),
    ],
    expect: {
      process: { says: "Cannot finish load", withinMs: 1500 },
      worker: { says: "Cannot finish load", withinMs: 1500 },
      none: {
        says: "Cannot finish load",
        withinMs: 1500,
        harms: ["host exits with code 1"],
        note: "Deno tells the host's end that an await was left",
      },
    },
  },
  {
    id: "busy-interval",
    title: "a busy interval goes on after the hook, and after a teardown that does nothing",
    rows: [3],
    publicCases: [20],
    plugins: [
      plugin(
        "busy",
        `fault() {
          setInterval(() => { for (const end = Date.now() + 20; Date.now() < end;); }, 5);
          return "busy";
        }
        teardown() {}`,
      ),
    ],
    expect: {
      process: { says: "busy" },
      worker: { says: "busy" },
      none: { says: "busy", harms: ["core burns", "host does not end"], mayHarm: ["loop stalls"] },
    },
  },
  {
    id: "endless-teardown",
    title: "a teardown never ends: it waits for ever, or loops",
    rows: [3],
    publicCases: [20],
    options: LIMIT,
    plugins: [
      plugin("waits", `fault() { return "up"; } teardown() { return new Promise(() => {}); }`, {
        manifest: { teardown_timeout_sec: "1" },
      }),
      plugin("loops", `fault() { return "up"; } teardown() { while (true); }`, {
        manifest: { teardown_timeout_sec: "1" },
      }),
    ],
    expect: {
      process: { says: 'Cannot finish teardown of plugin "thing/' },
      worker: { says: 'Cannot finish teardown of plugin "thing/', ...burns, note: "the loop: as above" },
      none: freezes,
    },
  },
  {
    id: "blocked-thread",
    title: "a hook blocks in native code: `Atomics.wait`, `Deno.stdin.readSync`",
    rows: [4],
    options: LIMIT,
    plugins: [
      plugin("atomics", `fault() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }`),
      plugin("reads", `fault() { for (;;) Deno.stdin.readSync(new Uint8Array(10)); }`),
    ],
    expect: {
      process: { says: NO_ANSWER, withinMs: 1300 },
      worker: {
        says: NO_ANSWER,
        withinMs: 1300,
        harms: ["host does not end", "input taken"],
        mayHarm: ["core burns"],
        note: "the thread stays, and reads the host's stdin",
      },
      none: freezes,
    },
  },
];
