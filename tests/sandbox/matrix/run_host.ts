import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { PROJECT, TempFolder } from "../../support.ts";
import { type HostReport, type HostSpec, INPUT, REPORT_MARK, SECRET } from "./host_spec.ts";

/** How a host program is started, beside what it is to do. */
export interface RunHostOptions {
  /** Its permissions. @default all */
  flags?: string[];
  /** Whether Deno's `worker-options` are off. @default false */
  withoutWorkerOptions?: boolean;
  /** Which program: the host itself, or one that starts it on a terminal, or kills it. @default "host_main.ts" */
  main?: string;
}

/** What became of a host program, seen from outside. */
export interface Observation {
  report: HostReport | undefined;
  /** What it did beyond its report that no host should. */
  harms: string[];
  stderr: string;
  ms: number;
}

const OUTER_LIMIT_MS = 20_000;
/** How long a host may take to end once it has said all it has to say. */
const END_MS = 3000;

/**
 * Runs a host program to its end, under an outer limit.
 *
 * @param spec What it is to do.
 * @param options How it is started.
 * @returns What it saw, and what was seen of it.
 */
export async function runHost(spec: HostSpec, options: RunHostOptions = {}): Promise<Observation> {
  await using folder = new TempFolder();
  await folder.write({ "spec.json": JSON.stringify(spec) });
  const denoDir = await ownDenoDir(folder.path);
  const flags = [...options.flags ?? ["-A"]];
  if (options.withoutWorkerOptions === true) flags.push(`--config=${await plainConfig(folder.path)}`);
  else if (spec.tier === "worker") flags.push("--unstable-worker-options");
  const main = fromFileUrl(new URL(options.main ?? "host_main.ts", import.meta.url));
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...flags, main, folder.path, SECRET],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", DENO_DIR: denoDir },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let frozen = false;
  let lingers = false;
  let reported = false;
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended already
    }
  };
  let timer = setTimeout(() => {
    frozen = true;
    kill();
  }, OUTER_LIMIT_MS);
  const writer = child.stdin.getWriter();
  const [stdout, stderr, status] = await Promise.all([
    collect(child.stdout, (text) => {
      if (reported || !text.includes(REPORT_MARK)) return;
      reported = true;
      clearTimeout(timer);
      timer = setTimeout(() => {
        lingers = true;
        kill();
      }, END_MS);
    }),
    collect(child.stderr, () => {}),
    child.status,
    writer.write(new TextEncoder().encode(`${INPUT}\n`)).then(() => writer.close()).catch(() => {}), // NB: a dead host reads nothing
  ]);
  clearTimeout(timer);
  const line = stdout.split(/\r?\n/).find((text) => text.includes(REPORT_MARK));
  const report = line === undefined ? undefined : parseReport(line);
  const harms = [...report?.harms ?? []];
  if (frozen) harms.push("host freezes");
  else if (lingers) harms.push(spec.endsBySignal === true ? "signal swallowed" : "host does not end");
  else if (spec.endsBySignal === true) {
    if (status.signal !== "SIGTERM") harms.push("signal swallowed");
  } else if (status.signal !== null) harms.push(`host killed by ${status.signal}`);
  else if (status.code !== 0) harms.push(`host exits with code ${status.code}`);
  else if (report === undefined) harms.push("host exits early");
  if (stdout.replace(/^host report: .*\n/m, "") !== "") harms.push("output written");
  // deno-lint-ignore no-control-regex -- that there is none is what is looked for
  if (/[\x1b\x9b]/.test(stdout + stderr)) harms.push("terminal controlled");
  if ((stdout + stderr).includes(SECRET) && !harms.includes("secret seen")) harms.push("secret seen");
  if (report !== undefined && report.worstLagMs > 250) harms.push("loop stalls");
  // A worker lives in the host's memory, whatever it does there.
  const usualMb = spec.tier === "worker" ? 150 + 30 * spec.plugins.length : 150;
  if (report !== undefined && report.memoryGrowthMb > usualMb) harms.push("memory grows");
  return { report, harms, stderr, ms: performance.now() - start };
}

function parseReport(line: string): HostReport | undefined {
  try {
    return JSON.parse(line.slice(line.indexOf(REPORT_MARK) + REPORT_MARK.length));
  } catch {
    return undefined; // something else was written into it
  }
}

/** Reads to the end, and keeps the first and the last part: a flood of it is a finding, and no reason to keep it. */
async function collect(stream: ReadableStream<Uint8Array>, look: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 4_000_000) text = text.slice(0, 1_000_000) + text.slice(-1_000_000);
    look(text.slice(-200_000));
  }
  return text;
}

/** The project's imports without its unstable features, as a configuration elsewhere. */
async function plainConfig(folder: string): Promise<string> {
  const own = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT)));
  const absolute = (value: string) => value.startsWith("./") ? new URL(value, PROJECT).href : value;
  const imports = Object.fromEntries(Object.entries<string>(own.imports).map(([key, value]) => [key, absolute(value)]));
  const links = (own.workspace as string[]).map((path) => fromFileUrl(new URL(path, PROJECT)));
  const path = join(folder, "deno.json");
  await Deno.writeTextFile(path, JSON.stringify({ imports, links, lock: false }));
  return path;
}

let realDenoDir: Promise<string> | undefined;

/** A cache folder of the host's own, with the modules of the real one: what a plugin puts there is seen, and removed. */
async function ownDenoDir(folder: string): Promise<string> {
  realDenoDir ??= new Deno.Command(Deno.execPath(), { args: ["info", "--json"], stderr: "null" }).output()
    .then(({ stdout }) => JSON.parse(new TextDecoder().decode(stdout)).denoDir as string);
  const real = await realDenoDir;
  const own = join(folder, "deno");
  await Deno.mkdir(own);
  for await (const { name, isDirectory } of Deno.readDir(real)) {
    if (isDirectory && name !== "location_data") await Deno.symlink(join(real, name), join(own, name));
  }
  return own;
}
