/** What several tests need: folders that vanish, plugins written into them, a logger that remembers. */
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { type Logger, PluginContext, type PluginContextOptions, PluginRegistry } from "@dagstack/plugin-system";
import type { PluginRegistryOptions } from "@dagstack/plugin-system";

/** The project's folder, with a slash at its end. */
export const PROJECT = new URL("../", import.meta.url);

/** A fresh folder, removed when it goes out of scope. */
export class TempFolder implements AsyncDisposable {
  /** Its absolute path, symlinks resolved. */
  readonly path: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "plugin-system-test-" }));

  /** Writes files, making the folders they need. */
  async write(files: Record<string, string>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.path, name);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, content);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** A manifest with the required fields, and what is added. */
export function manifestText(fields: Record<string, string> = {}, resources = ""): string {
  const all: Record<string, string> = {
    name: '"sample"',
    kind: '"thing"',
    runtime: '"in_process"',
    core_version: '">=0.1.0,<1.0.0"',
    entry_point: '"plugin:Sample"',
    ...fields,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}`);
  return `[plugin]\n${lines.join("\n")}\n${resources}`;
}

/** One log record. */
export interface LogRecord {
  level: keyof Logger;
  message: string;
  fields: Record<string, unknown> | undefined;
}

/** A logger that remembers. */
export class MemoryLogger implements Logger {
  readonly records: LogRecord[] = [];
  debug = this.#take("debug");
  info = this.#take("info");
  warn = this.#take("warn");
  error = this.#take("error");

  #take(level: keyof Logger) {
    return (message: string, fields?: Record<string, unknown>): void => {
      this.records.push({ level, message, fields });
    };
  }

  /** Messages of a level. */
  messages(level: keyof Logger): string[] {
    return this.records.filter((record) => record.level === level).map(({ message }) => message);
  }
}

/** A host over a folder of plugins, started; torn down when it goes out of scope. */
export class TestHost implements AsyncDisposable {
  readonly folder = new TempFolder();
  readonly logger = new MemoryLogger();
  readonly registry: PluginRegistry;
  /** What the plugins were last started with. */
  context: PluginContext | undefined;

  constructor(options: PluginRegistryOptions = {}) {
    this.registry = new PluginRegistry({ logger: this.logger, ...options });
  }

  /** Writes plugins, discovers and starts them. */
  static async start(
    files: Record<string, string>,
    options: PluginRegistryOptions = {},
    context: PluginContextOptions = {},
  ): Promise<TestHost> {
    const host = new TestHost(options);
    await host.folder.write(files);
    await host.registry.discover(host.folder.path);
    await host.setup(context);
    return host;
  }

  /** Starts what is discovered. */
  async setup(context: PluginContextOptions = {}): Promise<void> {
    const { logger, registry } = this;
    this.context = new PluginContext({ config: {}, logger, registry, ...context });
    await this.registry.setupAll(this.context);
  }

  /** A plugin's handle, untyped. */
  plugin(id = "thing/sample"): Record<string, (...args: unknown[]) => Promise<unknown>> {
    const [kind, name] = id.split("/") as [string, string];
    return this.registry.getPlugin(kind, { name });
  }

  /** Why a plugin is not active. */
  reason(id = "thing/sample"): { code: string; message: string } | undefined {
    return this.registry.status().plugins.find(({ kind, name }) => `${kind}/${name}` === id)?.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.teardownAll().finally(() => this.folder[Symbol.asyncDispose]());
  }
}

/** What a run of Deno gave. */
export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs Deno to its end; with a limit, because what hangs must not hang the tests. */
export async function deno(args: string[], options: Deno.CommandOptions = {}, limitMs = 60_000): Promise<Output> {
  const env = { NO_COLOR: "1", ...options.env };
  const child = new Deno.Command(Deno.execPath(), {
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
    env,
    args,
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  try {
    const { code, stdout, stderr } = await child.output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  } finally {
    clearTimeout(timer);
  }
}
