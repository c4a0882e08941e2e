import { type FaultCase, notRun, plugin } from "./case.ts";

/** Messages: forged, malformed, too large, too many. */
export const messageCases: FaultCase[] = [
  {
    id: "raw-output",
    title: "bytes that are no message are written to descriptor 1",
    rows: [7, 18, 36, 43],
    options: { hookTimeoutMs: 3000 },
    plugins: [
      plugin("spoils", `fault() { writeSync(1, "null\\n[1,2]\\nwhatever comes to mind\\n"); return "written"; }`, {
        head: `import { writeSync } from "node:fs";`,
        endsLater: true,
      }),
      plugin("floods", `fault() { for (;;) writeSync(1, "x".repeat(65536)); }`, {
        head: `import { writeSync } from "node:fs";`,
        endsLater: true,
      }),
      plugin("announces", `fault() { writeSync(1, "9999999999 9999999999\\n"); return new Promise(() => {}); }`, {
        head: `import { writeSync } from "node:fs";`,
        endsLater: true,
      }),
    ],
    expect: {
      process: {
        says: { spoils: "Cannot read message", floods: "Cannot read message", announces: "Cannot read message" },
        note: "the plugin ends",
      },
      worker: {
        harms: ["output written", "host does not end"],
        mayHarm: ["core burns", "memory grows", "host freezes"],
        note: "a worker shares the host's stdout",
      },
      none: notRun("the host's only thread would stand still"),
    },
  },
  {
    id: "malformed-message",
    title: "well-framed messages that make no sense: null, an unknown kind, a target that is not there, deep nesting",
    rows: [43],
    options: { hookTimeoutMs: 800 },
    plugins: ([
      ["empty", "null"],
      ["numbers", "[1,2,3]"],
      ["unknown", "[[77,1]]"],
      ["nowhere", `[[0,1,999,"x",[]]]`],
      ["deep", `" + "[".repeat(100000) + "]".repeat(100000) + "`],
      ["patched", `[[1,1,null,[[["__proto__","x"],5]]]]`],
    ] as const).map(([name, json]) =>
      plugin(
        name,
        `fault() {
          const text = "${json.includes(" + ") ? json : json.replaceAll('"', '\\"')}";
          const pad = (n: number) => String(n).padStart(10, "0");
          writeSync(1, pad(text.length) + " " + pad(0) + " " + text);
          return new Promise(() => {});
        }`,
        { head: `import { writeSync } from "node:fs";` },
      )
    ),
    expect: {
      process: { says: "Cannot understand message", note: "the plugin ends" },
      worker: {
        harms: ["output written"],
        says: "no answer within 800 ms",
        note: "there it is plain output, of the host",
      },
      none: { harms: ["output written"], says: "no answer within 800 ms", note: "the same" },
    },
  },
  {
    id: "huge-result",
    title: "a result of 300 MB of text, of 100 MB of bytes, of a million objects",
    rows: [8],
    options: { hookTimeoutMs: 10_000 },
    plugins: [
      plugin("text", `fault() { return "x".repeat(300 << 20); }`),
      plugin("bytes", `fault() { return new Uint8Array(100 << 20); }`),
      plugin("objects", `fault() { return Array.from({ length: 1_000_000 }, (_, at) => ({ at, of: "a million" })); }`),
    ],
    expect: {
      process: {
        says: {
          text: /limit|memory|SIGABRT/,
          bytes: "the limit is 16777216 bytes",
          objects: "the limit is 16777216 bytes",
        },
        withinMs: 10_000,
      },
      worker: { says: "the limit is 16777216 bytes", withinMs: 10_000, mayHarm: ["memory grows", "loop stalls"] },
      none: { mayHarm: ["memory grows", "loop stalls"], note: "a reference, no message" },
    },
  },
  {
    id: "largest-result",
    title: "a result just below the limit of 16 MiB: text, and many small objects",
    rows: [8],
    options: { hookTimeoutMs: 10_000 },
    plugins: [
      plugin("text", `fault() { return "x".repeat(16_000_000); }`),
      plugin("objects", `fault() { return Array.from({ length: 700_000 }, (_, at) => ({ at, b: [] })); }`),
    ],
    expect: {
      process: {},
      worker: { mayHarm: ["loop stalls", "memory grows"] },
      none: { mayHarm: ["loop stalls", "memory grows"] },
    },
  },
  {
    id: "costly-message",
    title:
      "messages of 16 MB that are costly to read: five million empty objects, a million keys, half a million log records",
    rows: [8],
    options: { hookTimeoutMs: 5000 },
    plugins: ([
      ["objects", `"[[1,77,[" + "{},".repeat(5_000_000) + "{}]]]"`],
      ["keys", `"[[1,77,{" + Array.from({ length: 1_000_000 }, (_, i) => '"k' + i + '":0').join(",") + "}]]"`],
      ["records", `"[" + '[3,0,0,"log",[1,"info",""]],'.repeat(500_000) + "[99]]"`],
    ] as const).map(([name, text]) =>
      plugin(
        name,
        `fault() {
          const text = ${text};
          const pad = (n: number) => String(n).padStart(10, "0");
          const bytes = new TextEncoder().encode(pad(text.length) + " " + pad(0) + " " + text);
          for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
          return new Promise(() => {});
        }`,
        { head: `import { writeSync } from "node:fs";` },
      )
    ),
    expect: {
      process: { says: "Cannot understand message", note: "the plugin ends" },
      worker: notRun("it would print 16 MB to the test's output"),
      none: notRun("the same"),
    },
  },
  {
    id: "call-flood",
    title: "a plugin calls the host without end, and never reads an answer",
    rows: [7],
    options: { hookTimeoutMs: 2000 },
    plugins: [
      plugin(
        "calls",
        `fault() {
          const calls = Array.from({ length: 2000 }, (_, i) => '[0,' + (i + 1) + ',0,"log",[1,"info","x"]]').join(",");
          const text = "[" + calls + "]";
          const pad = (n: number) => String(n).padStart(10, "0");
          const frame = pad(text.length) + " " + pad(0) + " " + text;
          for (;;) writeSync(1, frame);
        }`,
        { head: `import { writeSync } from "node:fs";` },
      ),
    ],
    expect: {
      process: { says: /no answer|Cannot|limit/, withinMs: 4000 },
      worker: notRun("it would print without end to the test's output"),
      none: notRun("the same"),
    },
  },
  {
    id: "sparse-array",
    title: "an array of length 4294967295 with nothing in it",
    rows: [9],
    options: { hookTimeoutMs: 5000 },
    plugins: [plugin("sparse", `fault() { const array: unknown[] = []; array.length = 4294967295; return array; }`)],
    expect: {
      process: { says: "SerializationError", withinMs: 2000 },
      worker: { says: "SerializationError", withinMs: 2000 },
      none: { harms: [], mayHarm: ["host freezes", "loop stalls"], note: "a reference: whoever walks it waits" },
    },
  },
];
