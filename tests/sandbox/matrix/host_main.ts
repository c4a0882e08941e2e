/**
 * A host with faulty plugins and a healthy one, in a process of its own: it provokes the faults, looks at itself, and
 * says in one line what it saw. Then it ends by itself, unless a plugin keeps it from doing so.
 *
 * `host_main.ts FOLDER SECRET`; what to do stands in `spec.json` in the folder.
 */
import { join } from "@std/path/join";
import { type Logger, PluginContext, PluginRegistry, type PluginRegistryOptions } from "@dagstack/plugin-system";
import { type HookReport, type HostReport, type HostSpec, REPORT_MARK, SECRET } from "./host_spec.ts";
import { HostState, leftovers } from "./host_state.ts";
import { HostWatch } from "./host_watch.ts";
import { writePlugins } from "./write_plugins.ts";

const { stringify } = JSON;
const write = Deno.stdout.writeSync.bind(Deno.stdout);
const folder = Deno.args[0]!;
const spec: HostSpec = JSON.parse(Deno.readTextFileSync(join(folder, "spec.json")));
const state = new HostState(folder);
const tempDir = join(folder, "tmp");
await Deno.mkdir(tempDir);
await writePlugins(folder, spec.plugins, state.port);

const logs: HostReport["logs"] = { last: [], records: 0, longest: 0 };
let leaked = false;
let impersonated = false;
/** Whatever comes out of a plugin comes by here. */
function seen(text: string): string {
  leaked ||= text.includes(SECRET);
  return text.slice(0, 2000);
}
const take = (message: string, fields?: Record<string, unknown>) => {
  logs.records++;
  logs.longest = Math.max(logs.longest, message.length);
  impersonated ||= fields?.["plugin.name"] === "healthy"; // which logs nothing
  logs.last.push(seen(message + (fields === undefined ? "" : stringify(fields))).slice(0, 300));
  if (logs.last.length > 8) logs.last.shift();
};
const logger: Logger = { debug: take, info: take, warn: take, error: take };

const registry = new PluginRegistry({
  sandbox: spec.tier,
  trusted: spec.plugins.map(({ name }) => `thing/${name}`).concat("thing/healthy"),
  logger,
  tempDir,
  ...spec.options,
} as PluginRegistryOptions);
await registry.discover(join(folder, "plugins"));
const watch = new HostWatch();
const start = performance.now();
await registry.setupAll(new PluginContext({ config: {}, logger, registry }));
const startMs = performance.now() - start;

const hooks: HookReport[] = [];
for (const { name, hooks: names, endsLater } of spec.plugins) {
  for (const hook of names) hooks.push(await call(name, hook));
  for (let tries = 0; endsLater === true && tries < 200 && plugin(name).state === "active"; tries++) await pause(10);
}
const harms: string[] = [];
const healthy = await call("healthy", "fine", { n: 1 });
if (healthy.result !== '["fine",{"n":1}]') harms.push("healthy plugin silent");
const plugins = spec.plugins.map(({ name }) => plugin(name));
const { worstLagMs, memoryGrowthMb } = watch.stop();
harms.push(...await state.harms());
const report: HostReport = { hooks, plugins, logs, startMs, teardownMs: 0, worstLagMs, memoryGrowthMb, harms };
if (spec.endsBySignal === true) {
  tell();
  Deno.kill(Deno.pid, "SIGTERM");
  await pause(3000);
} else {
  const begin = performance.now();
  await registry.teardownAll().catch((error) => report.teardownError = seen(String(error)));
  report.teardownMs = Math.round(performance.now() - begin);
  harms.push(...await leftovers(tempDir));
  tell();
}

function tell(): void {
  if (leaked) harms.push("secret seen");
  if (impersonated) harms.push("log forged");
  if (hooks.some(({ error }) => error !== undefined && !(error.isError && error.message !== ""))) {
    harms.push("no error");
  }
  write(new TextEncoder().encode(`${REPORT_MARK}${stringify(report)}\n`));
}

/** How a plugin of the case is. */
function plugin(name: string): HostReport["plugins"][number] {
  const found = registry.status().plugins.find((own) => own.name === name);
  if (found === undefined) return { name, state: "not registered", reason: seen(refusal(name)) };
  const { state, reason } = found;
  return reason === undefined ? { name, state } : { name, state, reason: seen(`${reason.code}: ${reason.message}`) };
}

function refusal(name: string): string {
  return logs.last.find((text) => text.includes(`/${name}`)) ?? "";
}

async function call(name: string, hook: string, ...args: unknown[]): Promise<HookReport> {
  const begin = performance.now();
  const done = { plugin: name, hook };
  const ms = () => Math.round(performance.now() - begin);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const handle = registry.getPlugin("thing", { name }) as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const late = new Promise<never>((_, reject) =>
      timer = setTimeout(() => reject(new Error("the host waited in vain")), 12_000)
    );
    const result = await Promise.race([handle[hook]!(...args), late]);
    return { ...done, ms: ms(), result: seen(show(result)) };
  } catch (thrown) {
    if (!isError(thrown)) return { ...done, ms: ms(), error: { isError: false, name: "", code: "", message: "" } };
    const { name, message, stack } = thrown;
    seen(String(stack)); // only to look for the secret in it
    const code = String(Reflect.get(thrown, "code") ?? "");
    return { ...done, ms: ms(), error: { isError: true, name, code, message: seen(String(message)) } };
  } finally {
    clearTimeout(timer);
  }
}

/** NB: without a sandbox what is thrown may be anything, also a Proxy that throws when it is looked at. */
function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

function show(value: unknown): string {
  try {
    if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
    // What is large is not looked at: that would take time which is the plugin's to answer for.
    if (Array.isArray(value) && value.length > 1000) return `${value.length} items`;
    if (typeof value === "string" && value.length > 100_000) return `${value.length} characters`;
    return stringify(value) ?? String(value);
  } catch {
    return `a ${typeof value}`;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
