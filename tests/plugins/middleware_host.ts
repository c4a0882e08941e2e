/** A host with the example middleware of `plugins/` around a plugin of the test's own. */
import { join } from "@std/path/join";
import { fromFileUrl } from "@std/path/from-file-url";
import type { PluginRegistryOptions } from "@dagstack/plugin-system";
import { manifestText, PROJECT, TestHost } from "../support.ts";

/** Both ways that the tests run middleware. */
export const SANDBOXES = ["process", "none"] as const;

/** What is wrapped. */
const SAMPLE = `import type { PluginContext } from "@dagstack/plugin-system";
export class Sample {
  #context!: PluginContext;
  calls = 0;
  setup(context: PluginContext) { this.#context = context; }
  echo(value: unknown) { this.calls++; return value; }
  metadata() { return this.#context.metadata; }
  count() { return this.calls; }
  fail(message: string) { throw Object.assign(new RangeError(message), { detail: { a: 1 } }); }
  async hang() { await new Promise(() => {}); }
  async *stream(n: number) { for (let i = 0; i < n; i++) yield i; }
  async later(ms: number) { await new Promise((resolve) => setTimeout(resolve, ms)); return ms; }
}
`;

/** How to make the host. */
export interface MiddlewareHostOptions {
  /** Folders of `plugins/`. */
  plugins: readonly string[];
  /** Where the middleware runs. @default "process" */
  sandbox?: "process" | "none";
  /** By name of the middleware. */
  config?: Record<string, unknown>;
  resources?: Record<string, unknown>;
  /** More plugins, by file. */
  files?: Record<string, string>;
  registry?: PluginRegistryOptions;
}

/** The path of one of this project's plugins. */
export function pluginPath(name: string): string {
  return fromFileUrl(new URL(`plugins/${name}`, PROJECT));
}

/** Starts the host. */
export async function startMiddlewareHost(options: MiddlewareHostOptions): Promise<TestHost> {
  const { plugins, sandbox = "process", config = {}, resources = {}, files = {} } = options;
  const ids = plugins.map((name) => `middleware/${name}`);
  const host = new TestHost({
    sandbox: { plugins: Object.fromEntries(ids.map((id) => [id, sandbox])) },
    trusted: ids,
    ...options.registry,
  });
  await host.folder.write({
    "sample/dagstack.toml": manifestText({ execution_model: '"async"' }),
    "sample/plugin.ts": SAMPLE,
    ...files,
  });
  await host.registry.discover(host.folder.path);
  for (const name of plugins) await host.registry.discover(pluginPath(name));
  await host.setup({ config: { middleware: config }, resources });
  return host;
}

/** A sink that remembers, and fails when told to. */
export class MemorySink {
  lines: string[] = [];
  /** Told of each line before it is kept; may throw. */
  before: (line: string) => unknown = () => {};
  /** Told of each line after it was kept; may throw. */
  after: (line: string) => unknown = () => {};

  async append(line: string): Promise<void> {
    await this.before(line);
    this.lines.push(line);
    await this.after(line);
  }

  get records(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line));
  }

  /** Of each record what it is and what it says. */
  get story(): string[] {
    return this.records.map(({ type, hook, outcome }) => [type, hook, outcome].filter(Boolean).join(" "));
  }
}

/** A sink whose chain goes on. */
export class LastingSink extends MemorySink {
  last(): string | undefined {
    return this.lines.at(-1);
  }
}

/** A clock that only moves when told to. */
export class ManualClock {
  ms = 1_000_000;
  now(): Date {
    return new Date(this.ms);
  }
  monotonicNs(): bigint {
    return BigInt(Math.round(this.ms * 1e6));
  }
}

/** Makes many calls at once. @returns What each gave. */
export function atOnce(
  count: number,
  call: (i: number) => Promise<unknown>,
): Promise<PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, i) => call(i)));
}

/** The path of a manifest of this project. */
export function manifestPath(name: string): string {
  return join(pluginPath(name), "dagstack.toml");
}
