import { type FaultCase, plugin } from "./case.ts";

/** What is refused before anything runs, and what would cross from one plugin to the host and to others. */
export const registryCases: FaultCase[] = [
  {
    id: "entry-point-outside",
    title: "a manifest's entry point leads out: `../`, absolute, encoded",
    rows: [],
    publicCases: [13],
    plugins: ([
      ["up", "../../secret/secret:secret"],
      ["absolute", "{{folder}}/secret/secret:secret"],
      ["encoded", "%2e%2e/%2e%2e/secret/secret:secret"],
      ["url", "file:///etc/passwd"],
    ] as const).map(([name, entry]) => plugin(name, "", { manifest: { entry_point: `"${entry}"` }, hooks: [] })),
    expect: {
      process: { refused: true, says: "not registered" },
      worker: { refused: true, says: "not registered" },
      none: { refused: true, says: "not registered" },
    },
  },
  {
    id: "host-lacks-permission",
    title: "a plugin asks for the network, and the host does not have it",
    rows: [],
    publicCases: [14],
    host: { flags: ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run"] },
    plugins: [
      plugin("asks", `fault() { return "runs"; }`, {
        hooks: [],
        resources:
          '[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["api.example.com"]',
      }),
    ],
    expect: {
      process: { refused: true, says: "--allow-net=api.example.com" },
      worker: { refused: true, says: "--allow-net=api.example.com" },
      none: { note: "it has what the host has" },
    },
  },
  {
    id: "no-worker-options",
    title: "the host was started without Deno's `worker-options`",
    rows: [],
    publicCases: [15],
    host: { withoutWorkerOptions: true },
    plugins: [plugin("plain", `fault() { return "runs"; }`)],
    expect: {
      process: { says: "runs", note: "needs no such flag" },
      worker: { refused: true, says: "worker-options", withinMs: 1000, harms: ["healthy plugin silent"] },
      none: { says: "runs" },
    },
  },
  {
    id: "built-ins-patched",
    title: "prototypes are polluted, JSON and Promise are patched",
    rows: [35],
    publicCases: [17],
    options: { hookTimeoutMs: 3000 },
    plugins: [
      plugin(
        "patches",
        `fault() {
          (Object.prototype as any).polluted = 1;
          JSON.stringify = () => '"forged"';
          JSON.parse = () => "forged";
          const then = Promise.prototype.then;
          Promise.prototype.then = function (a: any, b: any) { return then.call(this, () => a?.("forged"), b) as any; };
          Array.prototype.push = function () { return 0; };
          Array.prototype.map = function () { return ["forged"] as any; };
          Map.prototype.get = () => undefined;
          Function.prototype.call = function () { return "forged"; };
          Reflect.apply = () => "forged";
          return { own: true };
        }
        data() { return JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'); }`,
        { hooks: ["data", "fault"] },
      ),
    ],
    expect: {
      process: {},
      worker: {},
      none: { harms: ["host exits with code 1"], note: "the host trips over its own built-ins" },
    },
  },
  {
    id: "forged-reply",
    title: "a plugin writes well-formed answers: to calls of others, of the past, of the future",
    rows: [36],
    options: { hookTimeoutMs: 800 },
    plugins: ([
      ["past", `[[1,1,"forged"]]`],
      ["future", `[[1,999,"forged"]]`],
      ["failure", `[[2,998,{"name":"Error","message":"forged"}]]`],
    ] as const).map(([name, json]) =>
      plugin(
        name,
        `fault() {
          const pad = (n: number) => String(n).padStart(10, "0");
          const text = ${JSON.stringify(json)};
          writeSync(1, pad(text.length) + " " + pad(0) + " " + text);
          return new Promise(() => {});
        }`,
        { head: `import { writeSync } from "node:fs";` },
      )
    ),
    expect: {
      process: { says: "an answer that nobody waits for", note: "the plugin ends; each has a channel of its own" },
      worker: { harms: ["output written"], note: "there it is plain output, of the host" },
      none: { harms: ["output written"], note: "the same" },
    },
  },
];
