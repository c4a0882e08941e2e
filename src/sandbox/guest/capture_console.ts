import { LOG_LEVELS, type LogLevel } from "../../context/mod.ts";

const { inspect } = Deno;
const now = performance.now.bind(performance);

/**
 * Makes log records of what a plugin prints: its stdout is the channel to the host, so nothing else may be written
 * there. Takes the whole of `console`, and `Deno.stdout`.
 *
 * @param write Takes a record.
 */
export function captureConsole(write: (level: LogLevel, message: string) => void): void {
  let indent = "";
  const counts = new Map<string, number>();
  const timers = new Map<string, number>();
  const say = (level: LogLevel, text: string) =>
    write(level, indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
  const elapsed = (label: string) => `${label}: ${(now() - timers.get(label)!).toFixed(3)}ms`;
  const group = (...args: unknown[]) => {
    if (args.length > 0) say("info", format(args));
    indent += "  ";
  };
  for (const level of LOG_LEVELS) console[level] = (...args: unknown[]) => say(level, format(args));
  const own: Partial<Console> = {
    log: console.info,
    trace: (...args) => say("debug", `Trace: ${format(args)}`),
    dir: (value) => say("info", show(value)),
    dirxml: console.info,
    table: (value) => say("info", show(value)),
    assert: (condition, ...args) =>
      condition || say("error", `Assertion failed${args.length > 0 ? `: ${format(args)}` : ""}`),
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      say("info", `${label}: ${counts.get(label)}`);
    },
    countReset: (label = "default") => void counts.delete(label),
    time: (label = "default") => void timers.set(label, now()),
    timeLog: (label = "default", ...args) => timers.has(label) && say("info", format([elapsed(label), ...args])),
    timeEnd: (label = "default") => {
      if (timers.has(label)) say("info", elapsed(label));
      timers.delete(label);
    },
    timeStamp: () => {},
    group,
    groupCollapsed: group,
    groupEnd: () => void (indent = indent.slice(2)),
    clear: () => {},
  };
  Object.assign(console, own);

  const decoder = new TextDecoder();
  const print = (bytes: Uint8Array) => {
    say("info", decoder.decode(bytes).replace(/\n$/, ""));
    return bytes.byteLength;
  };
  let writable: WritableStream<Uint8Array> | undefined;
  Object.defineProperties(Deno.stdout, {
    write: { value: (bytes: Uint8Array) => Promise.resolve(print(bytes)) },
    writeSync: { value: print },
    // Made when it is asked for: the first stream of a process takes 4 ms.
    writable: { get: () => writable ??= new WritableStream<Uint8Array>({ write: (bytes) => void print(bytes) }) },
  });
}

function show(value: unknown): string {
  return inspect(value, { colors: false });
}

/** The way consoles put their arguments together: `%s %d %i %f %o %O %j %%` in the first, the rest behind it. */
function format(args: readonly unknown[]): string {
  const [first, ...rest] = args;
  let text = typeof first === "string" ? first : show(first);
  if (typeof first === "string" && rest.length > 0) {
    text = first.replace(/%([sdifoOjc%])/g, (all, kind: string) => {
      if (kind === "%") return "%";
      if (rest.length === 0) return all;
      const value = rest.shift();
      switch (kind) {
        case "s":
          return typeof value === "string" ? value : show(value);
        case "d":
        case "f":
          return String(Number(value));
        case "i":
          return String(Math.trunc(Number(value)));
        case "j":
          return JSON.stringify(value) ?? "undefined";
        case "c":
          return "";
        default:
          return show(value);
      }
    });
  }
  return [text, ...rest.map((value) => typeof value === "string" ? value : show(value))].join(" ");
}
