/** A plugin's scope without a registry around it, of every kind. */
import { join } from "@std/path/join";
import { toFileUrl } from "@std/path/to-file-url";
import type { InFlightCall, Logger } from "../../src/context/mod.ts";
import { resolveEntryPoint } from "../../src/discovery/mod.ts";
import { parseManifest } from "../../src/manifest/mod.ts";
import { createHosting, openInProcess, TempFolders } from "../../src/runtime/mod.ts";
import { type LoadedPlugin, openNoneScope, type PluginScope, type PluginSetup } from "../../src/sandbox/mod.ts";
import { manifestText, TempFolder } from "../support.ts";

/** Every kind of place that a plugin's code can be in. */
export const KINDS = ["process", "worker", "none", "thread pool", "process pool"] as const;
export type Kind = typeof KINDS[number];

/** How one is opened. */
export interface OpenedScopeOptions {
  /** Whether the plugin is middleware. */
  wraps?: boolean;
  resources?: Record<string, unknown>;
  generation?: number;
  strict?: boolean;
  inFlight?: () => readonly InFlightCall[];
  poolSize?: number;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A scope with a loaded plugin that is set up; closed when it goes out of scope. */
export class OpenedScope implements AsyncDisposable {
  private constructor(
    readonly scope: PluginScope,
    readonly loaded: LoadedPlugin,
    /** The plugin's module. */
    readonly file: string,
    readonly owned: AsyncDisposableStack,
  ) {}

  /** Opens one around the body of a class. */
  static async open(kind: Kind, body: string, options: OpenedScopeOptions = {}): Promise<OpenedScope> {
    const owned = new AsyncDisposableStack();
    const folder = owned.use(new TempFolder());
    const model = kind === "thread pool" ? "thread_cpu_bound" : kind === "process pool" ? "process_cpu_bound" : "async";
    const names = JSON.stringify(Object.keys(options.resources ?? {}));
    const fields: Record<string, string> = { execution_model: JSON.stringify(model) };
    if (options.wraps === true) fields.priority = "1000";
    const wrap = options.wraps === true ? '[plugin.chain_wrap]\nkinds = ["*"]\n' : "";
    const text = manifestText(fields, `[plugin.resources]\nrequired = ${names}\n${wrap}`);
    const file = join(folder.path, "plugin.ts");
    await folder.write({
      "dagstack.toml": text,
      "plugin.ts":
        `import { STOP_CHAIN } from "@dagstack/plugin-system";\nexport class Sample {\n${body}\n}\nexport const kept = STOP_CHAIN;\n`,
    });
    const manifest = parseManifest(text);
    const entry = resolveEntryPoint(folder.path, manifest.entry_point!, "thing/sample");
    let scope: PluginScope;
    if (kind === "none") {
      const { wraps = false, generation = 0, strict = false } = options;
      scope = openNoneScope({
        plugin: manifest,
        log: () => {},
        code: { entry: { ...entry, url: toFileUrl(file).href } },
        wraps,
        generation,
        strict,
      });
      owned.defer(() => scope.close("stopped"));
      const loaded = await scope.load();
      const offers: PluginSetup["offers"] = new Map(
        Object.entries(options.resources ?? {}).map(([name, instance]) => [
          name,
          { how: "by message", instance: Object(instance), methods: [] },
        ]),
      );
      const setup = { manifest, config: {}, offers };
      await scope.setup(options.inFlight === undefined ? setup : { ...setup, inFlight: options.inFlight });
      return new OpenedScope(scope, loaded, file, owned);
    }
    const folders = owned.use(new TempFolders());
    const hosting = createHosting({ poolSize: options.poolSize ?? 2 }, folders, () => {});
    owned.use(hosting.watcher);
    const opened = await openInProcess({
      manifest,
      entry,
      sandbox: kind === "worker" ? "worker" : "process",
      trusted: false,
      config: {},
      resources: options.resources ?? {},
      logger: silent,
      hosting,
    });
    owned.defer(async () => void await opened.close("stopped"));
    const loaded = await opened.scope.load();
    await opened.setup();
    return new OpenedScope(opened.scope, loaded, file, owned);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.owned.disposeAsync();
  }
}
