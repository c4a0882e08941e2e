import { type FaultCase, notRun, plugin } from "./case.ts";

const dies = notRun("the host would run out of memory");

/** Memory, floods, and values too large to pass on. */
export const memoryCases: FaultCase[] = [
  {
    id: "heap-bomb",
    title: "the JavaScript heap fills up",
    rows: [5],
    publicCases: [9],
    options: { limits: { plugins: { "thing/hoards": { memoryMb: 64 } } }, hookTimeoutMs: 10_000 },
    plugins: [
      plugin(
        "hoards",
        `fault() { const kept = []; for (;;) kept.push({ at: kept.length, text: "n" + kept.length }); }`,
      ),
    ],
    expect: {
      process: { says: "memory limit (64 MB)", withinMs: 5000 },
      worker: { refused: true, says: "SandboxUnavailable", note: "V8 would abort the whole host; a limit is refused" },
      none: dies,
    },
  },
  {
    id: "buffer-bomb",
    title: "400 MB of buffers, or of WebAssembly memory, which V8's heap limit does not count",
    rows: [6],
    options: {
      limits: { plugins: { "thing/buffers": { memoryMb: 64 }, "thing/wasm": { memoryMb: 64 } } },
      hookTimeoutMs: 10_000,
    },
    plugins: [
      plugin(
        "buffers",
        `fault() { const kept = []; for (let i = 0; i < 20; i++) kept.push(new Uint8Array(20 << 20).fill(1)); return kept.length; }`,
      ),
      plugin(
        "wasm",
        `fault() { const memory = new WebAssembly.Memory({ initial: 6400 }); new Uint8Array(memory.buffer).fill(1); return "grown"; }`,
      ),
    ],
    expect: {
      process: { says: /allocat|memory/, withinMs: 5000, note: "where /bin/sh may be run to set the limit" },
      worker: { refused: true, says: "SandboxUnavailable", note: "off-heap memory is the host's; a limit is refused" },
      none: { refused: true, says: "SandboxUnavailable", note: "the same" },
    },
  },
  {
    id: "nested-workers",
    title: "a hook starts 100 workers",
    rows: [31],
    options: { limits: { plugins: { "thing/breeds": { memoryMb: 64 } } }, hookTimeoutMs: 4000 },
    plugins: [
      plugin(
        "breeds",
        `fault() {
          for (let i = 0; i < 100; i++) new Worker("data:text/javascript,setInterval(()=>{},1000)", { type: "module" });
          return new Promise((resolve) => setTimeout(() => resolve("100 workers"), 1500));
        }`,
      ),
    ],
    expect: {
      process: { note: "the memory limit counts them" },
      worker: { refused: true, says: "SandboxUnavailable", note: "a limit is refused" },
      none: { refused: true, says: "SandboxUnavailable", note: "the same" },
    },
  },
  {
    id: "log-flood",
    title: "a hook prints and logs without end",
    rows: [7, 18],
    options: { hookTimeoutMs: 1000 },
    plugins: [
      plugin("prints", `fault() { const line = "x".repeat(1000); for (;;) console.log(line); }`),
      plugin(
        "writes",
        `fault() { const line = new Uint8Array(1000).fill(120); for (;;) Deno.stdout.writeSync(line); }`,
      ),
      plugin("errors", `fault() { for (const fd = 2;;) writeSync(fd, "x".repeat(1000) + "\\n"); }`, {
        head: `import { writeSync } from "node:fs";`,
      }),
    ],
    expect: {
      process: {
        says: /no answer within 1000 ms|does not read/,
        withinMs: 2500,
        note: "what is above the limit is dropped",
      },
      worker: {
        says: /no answer within 1000 ms|does not read/,
        harms: ["host does not end"],
        mayHarm: ["core burns", "memory grows", "host freezes"],
        note: "a channel between threads knows no back-pressure",
      },
      none: notRun("the host's only thread would stand still"),
    },
  },
  {
    id: "long-log",
    title: "a hook logs 10 MB at once",
    rows: [18],
    publicCases: [18],
    options: { hookTimeoutMs: 5000 },
    plugins: [plugin("shouts", `fault() { console.log("x".repeat(10_000_000)); return "said"; }`)],
    expect: {
      process: { says: "said" },
      worker: { says: "said" },
      none: { says: "said", harms: ["output written"] },
    },
  },
];
