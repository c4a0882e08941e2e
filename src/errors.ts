/**
 * One page of errors. Every error of this package extends {@linkcode PluginRegistryError} and carries a stable
 * `code`, which is the name of its class. Codes, not classes, survive a boundary and a second copy of the package,
 * so compare `error.code` or use {@linkcode isPluginRegistryError} (SPEC section 15).
 *
 * @module
 */

/** What every error of this package can carry beside its message. */
export interface PluginRegistryErrorOptions extends ErrorOptions {
  /** The plugin concerned, as `kind/name`. */
  plugin?: string;
}

/** The base of all errors of this package. */
export class PluginRegistryError extends Error {
  /** Stable across versions, boundaries and copies of the package: the name of the error's class. */
  declare readonly code: string;
  /** The plugin concerned, as `kind/name`, where there is one. */
  declare readonly plugin?: string;

  /**
   * Makes the error.
   *
   * @param message What could not be done, and why.
   */
  constructor(message: string, options: PluginRegistryErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    if (options.plugin !== undefined) this.plugin = options.plugin;
  }
}

/** One thing wrong in a manifest. */
export interface ManifestProblem {
  /** The field, from the root of the manifest, for example `plugin.resources.required[1]`. Empty for the whole file. */
  path: string;
  /** What may stand there. */
  expected: string;
  /** What stands there. */
  found: string;
  /** The nearest known name or value, where one is near enough to be meant. */
  suggestion?: string;
  /** 1-based line in the file, where known. */
  line?: number;
  /** 1-based column in the file, where known. */
  column?: number;
}

/** A manifest that breaks SPEC section 2. Holds every problem of the file at once. */
export class ManifestInvalid extends PluginRegistryError {
  /** The file, as given. */
  readonly source: string;
  /** Every problem found, in the order of the file's fields. */
  readonly problems: readonly ManifestProblem[];

  /**
   * Makes the error.
   *
   * @param source The file
   * @param problems All that is wrong with it.
   */
  constructor(source: string, problems: readonly ManifestProblem[], options: PluginRegistryErrorOptions = {}) {
    const list = problems.map((problem) => describeProblem(problem));
    const all = list.length === 1 ? list[0] : `${list.length} problems\n  ${list.join("\n  ")}`;
    super(`Cannot load manifest "${source}": ${all}`, options);
    this.source = source;
    this.problems = problems;
  }
}

function describeProblem(problem: ManifestProblem, whole = "the file"): string {
  const at = problem.line === undefined ? "" : ` (line ${problem.line}, column ${problem.column ?? 1})`;
  const hint = problem.suggestion === undefined ? "" : `, did you mean "${problem.suggestion}"?`;
  return `${problem.path || whole}${at}: expected ${problem.expected}, found ${problem.found}${hint}`;
}

/** One thing wrong in a hookspec or in one of its schemas. */
export interface HookspecProblem extends ManifestProblem {
  /** The file that it stands in, where that is not the hookspec itself: one of its schemas. */
  file?: string;
}

/** A kind's description, or a JSON Schema, that breaks SPEC section 12. Holds every problem of it and of its schemas at once. */
export class HookspecInvalid extends PluginRegistryError {
  /** The file, as given. */
  readonly source: string;
  /** Every problem found, file by file. */
  readonly problems: readonly HookspecProblem[];

  /**
   * Makes the error.
   *
   * @param source The file, or what a value is called.
   * @param problems All that is wrong with it.
   * @param options What was to be done with it as well: `"use schema"` for one that belongs to no file.
   */
  constructor(
    source: string,
    problems: readonly HookspecProblem[],
    options: PluginRegistryErrorOptions & { action?: "load hookspec" | "use schema" } = {},
  ) {
    const { action = "load hookspec", ...base } = options;
    const list = problems.map((problem) =>
      (problem.file === undefined ? "" : `${problem.file}: `) +
      describeProblem(problem, action === "use schema" ? "the schema" : undefined)
    );
    const all = list.length === 1 ? list[0] : `${list.length} problems\n  ${list.join("\n  ")}`;
    super(`Cannot ${action} "${source}": ${all}`, base);
    this.source = source;
    this.problems = problems;
  }
}

/** Where a value is not what a hook's schema says. */
export interface HookValueProblem {
  /** Where inside the value, for example `$.items[3].name`. */
  readonly path: string;
  /** What may stand there. */
  readonly expected: string;
  /** What stands there. */
  readonly found: string;
}

/** What a hook is called with is not what its kind's hookspec says; the plugin was not called (SPEC section 12). */
export class HookInputInvalid extends PluginRegistryError {
  /** The hook. */
  readonly hook: string;
  /** Where inside the input, for example `$.args.x`. */
  readonly path: string;
  /** What may stand there. */
  readonly expected: string;
  /** What stands there. */
  readonly found: string;

  /**
   * Makes the error.
   *
   * @param plugin As `kind/name`.
   * @param hook The hook.
   * @param problem Where the input is wrong.
   */
  constructor(plugin: string, hook: string, problem: HookValueProblem, options: ErrorOptions = {}) {
    const { path, expected, found } = problem;
    super(`Cannot call hook "${hook}" of plugin "${plugin}": input ${path}: expected ${expected}, found ${found}`, {
      ...options,
      plugin,
    });
    this.hook = hook;
    this.path = path;
    this.expected = expected;
    this.found = found;
  }
}

/** What a hook answers is not what its kind's hookspec says (SPEC section 12). */
export class HookOutputInvalid extends PluginRegistryError {
  /** The hook. */
  readonly hook: string;
  /** Where inside the answer, for example `$.items[3].name`. */
  readonly path: string;
  /** What may stand there. */
  readonly expected: string;
  /** What stands there. */
  readonly found: string;

  /**
   * Makes the error.
   *
   * @param plugin As `kind/name`.
   * @param hook The hook.
   * @param problem Where the answer is wrong.
   */
  constructor(plugin: string, hook: string, problem: HookValueProblem, options: ErrorOptions = {}) {
    const { path, expected, found } = problem;
    super(
      `Cannot use the answer of hook "${hook}" of plugin "${plugin}": ${path}: expected ${expected}, found ${found}`,
      {
        ...options,
        plugin,
      },
    );
    this.hook = hook;
    this.path = path;
    this.expected = expected;
    this.found = found;
  }
}

/** The root given to `discover` is missing, is no folder, or cannot be read (SPEC section 4). `cause` is Deno's error. */
export class DiscoveryError extends PluginRegistryError {
  /** The root, as given. */
  readonly root: string;

  /**
   * Makes the error.
   *
   * @param root The folder asked for
   * @param reason Why it cannot be walked.
   */
  constructor(root: string, reason: string, options: PluginRegistryErrorOptions = {}) {
    super(`Cannot discover plugins in "${root}": ${reason}`, options);
    this.root = root;
  }
}

/** A package cannot be fetched, is not what its registry's checksum says, or is none. */
export class PackageError extends PluginRegistryError {
  /** The package, as asked for. */
  readonly specifier: string;

  /**
   * Makes the error.
   *
   * @param specifier The package, as asked for.
   * @param reason What is wrong.
   */
  constructor(specifier: string, reason: string, options: PluginRegistryErrorOptions = {}) {
    super(`Cannot fetch package "${specifier}": ${reason}`, options);
    this.specifier = specifier;
  }
}

/** More than one plugin fits where one is needed: two of one `(kind, name)`, or a tie of priority. */
export class AmbiguousPlugin extends PluginRegistryError {
  /** The kind of those that fit. */
  readonly kind: string;
  /** What fits: manifest files for a duplicate, `kind/name` for a tie. */
  readonly candidates: readonly string[];

  /**
   * Makes the error.
   *
   * @param message What is ambiguous
   * @param candidates All that fit.
   */
  constructor(message: string, candidates: readonly string[], options: PluginRegistryErrorOptions = {}) {
    super(message, options);
    const id = options.plugin ?? candidates[0] ?? "";
    this.kind = id.slice(0, Math.max(0, id.indexOf("/")));
    this.candidates = candidates;
  }
}

/** The manifest's `core_version` does not admit this version of the core (SPEC section 3). */
export class VersionIncompatible extends PluginRegistryError {
  /** The plugin's name. */
  readonly pluginName: string;
  /** The range that its manifest asks for. */
  readonly requiredCoreRange: string;

  /**
   * Makes the error.
   *
   * @param plugin As `kind/name`.
   * @param range The range that its manifest asks for.
   * @param message What could not be done, and why.
   */
  constructor(plugin: string, range: string, message: string, options: ErrorOptions = {}) {
    super(message, { ...options, plugin });
    this.pluginName = plugin.slice(plugin.indexOf("/") + 1);
    this.requiredCoreRange = range;
  }
}

/** No plugin of the kind, or none of that name, is registered. */
export class KindUnknown extends PluginRegistryError {}

/** No adapter of the registry can run any of the manifest's runtimes. */
export class RuntimeNotSupported extends PluginRegistryError {}

/** The entry point is missing, lies outside the plugin's folder, throws, or exports nothing usable (SPEC section 5). */
export class PluginLoadError extends PluginRegistryError {}

/** The plugin is not running: it could not be started, it failed, or it is stopped. */
export class PluginUnavailable extends PluginRegistryError {
  /** Why, without the plugin's name. */
  readonly reason: string;

  /**
   * Makes the error.
   *
   * @param plugin As `kind/name`
   * @param reason Why it cannot be used.
   */
  constructor(plugin: string, reason: string, options: ErrorOptions = {}) {
    super(`Cannot use plugin "${plugin}": ${reason}`, { ...options, plugin });
    this.reason = reason;
  }
}

/** One permission that a plugin asks for and cannot have. */
export interface PermissionDifference {
  /** The Deno permission; `packages` is this package's own, for what `import` may load from a registry. */
  permission: "read" | "write" | "net" | "env" | "run" | "packages";
  /** What exactly is asked: a path, a host, a variable, a program, a package. */
  value: string;
  /** The manifest field that asks for it. */
  field: string;
  /** Who refuses: the registry's `policy`, its `grants`, or the host process, which does not hold it itself. */
  refusedBy: "policy" | "host" | "grants";
  /** The option or flag that would grant it. */
  remedy: string;
}

/** The manifest asks for more than policy or host allow (SPEC section 8). */
export class PermissionExceeded extends PluginRegistryError {
  /** Exactly what is asked beyond what may be granted. */
  readonly differences: readonly PermissionDifference[];

  /**
   * Makes the error.
   *
   * @param plugin As `kind/name`
   * @param differences What is asked beyond the grant.
   */
  constructor(plugin: string, differences: readonly PermissionDifference[], options: PluginRegistryErrorOptions = {}) {
    const list = differences.map((d) =>
      `${d.permission} "${d.value}" (asked by ${d.field}) is refused by the ${d.refusedBy}; ${d.remedy}`
    );
    super(`Cannot start plugin "${plugin}": ${list.join("; ")}`, { ...options, plugin });
    this.differences = differences;
  }
}

/** One thing in which a plugin differs from what the host has agreed to. */
export interface GrantDifference {
  /** What of it: its content, a Deno permission, or another thing that it asks the host for. */
  what:
    | "content"
    | "read"
    | "write"
    | "net"
    | "env"
    | "run"
    | "packages"
    | "tmpdir"
    | "resource"
    | "capability"
    | "dependency"
    | "wrap"
    | "sandbox";
  /** What it asks for now; for the content, its hash. */
  asked: string;
  /** What was agreed to in its place, where there is such a thing: the earlier hash, the earlier sandbox. */
  agreed?: string;
  /** Where that comes from: a field of the manifest, the host's `sandbox` option, or the plugin's folder. */
  field: string;
}

/** The host pins its plugins by grants, and has not agreed to this one as it is now (SPEC section 8a). */
export class GrantRequired extends PluginRegistryError {
  /** Whether it has no grant at all, asks for more than its grant gives, or has only changed. */
  readonly reason: "new" | "more" | "changed";
  /** Exactly what is not agreed to. */
  readonly differences: readonly GrantDifference[];

  /**
   * Makes the error.
   *
   * @param plugin As `kind/name`.
   * @param reason Why it needs a grant.
   * @param differences What is not agreed to.
   * @param remedy How to agree.
   */
  constructor(
    plugin: string,
    reason: "new" | "more" | "changed",
    differences: readonly GrantDifference[],
    remedy: string,
    options: ErrorOptions = {},
  ) {
    const state = {
      new: "the host has not agreed to it",
      more: "it asks for more than the host has agreed to",
      changed: "it has changed since the host agreed to it",
    }[reason];
    super(`Cannot start plugin "${plugin}": ${state}: ${describeGrantDifferences(differences)}; ${remedy}`, {
      ...options,
      plugin,
    });
    this.reason = reason;
    this.differences = differences;
  }
}

function describeGrantDifferences(differences: readonly GrantDifference[]): string {
  return differences.map(({ what, asked, agreed, field }) =>
    `${what} "${asked}"${agreed === undefined ? "" : `, agreed was "${agreed}"`} (${field})`
  ).join("; ");
}

/** A file of grants that cannot be read or is not one. Nothing is started then. */
export class GrantsInvalid extends PluginRegistryError {
  /** The file, as given. */
  readonly source: string;
  /** All that is wrong with it, each with its place. */
  readonly problems: readonly ManifestProblem[];

  /**
   * Makes the error.
   *
   * @param source The file.
   * @param problems All that is wrong with it.
   */
  constructor(source: string, problems: readonly ManifestProblem[], options: PluginRegistryErrorOptions = {}) {
    super(`Cannot read grants "${source}": ${problems.map((problem) => describeProblem(problem)).join("; ")}`, options);
    this.source = source;
    this.problems = problems;
  }
}

/** The sandbox asked for cannot work here. The message says the way out (SPEC section 9). */
export class SandboxUnavailable extends PluginRegistryError {}

/** What was running when a limit ran out. */
export type TimeoutPhase = "ready" | "load" | "setup" | "hook" | "teardown";

/** A plugin did not answer within its limit. */
export class HookTimeout extends PluginRegistryError {
  /** What was running. */
  readonly phase: TimeoutPhase;
  /** The limit, in milliseconds. */
  readonly timeoutMs: number;
  /** How long it had taken by then, in milliseconds. */
  readonly elapsedMs: number;
  /** The hook, when `phase` is `hook`. */
  declare readonly hook?: string;

  /**
   * Makes the error.
   *
   * @param phase What was running
   * @param timeoutMs The limit
   * @param elapsedMs How long it took until now.
   */
  constructor(
    phase: TimeoutPhase,
    timeoutMs: number,
    elapsedMs: number,
    options: PluginRegistryErrorOptions & { hook?: string } = {},
  ) {
    const what = phase === "hook" ? `hook "${options.hook}"` : phase === "ready" ? "the start of the process" : phase;
    super(
      `Cannot finish ${what} of plugin "${options.plugin}": no answer within ${timeoutMs} ms (waited ${
        Math.round(elapsedMs)
      } ms)`,
      options,
    );
    this.phase = phase;
    this.timeoutMs = timeoutMs;
    this.elapsedMs = Math.round(elapsedMs);
    if (options.hook !== undefined) this.hook = options.hook;
  }
}

/** A value that cannot cross a boundary (SPEC section 9). */
export class SerializationError extends PluginRegistryError {
  /** Where inside the value, for example `$.items[3].when`. */
  readonly path: string;
  /** What stands there, for example `Date`. */
  readonly found: string;

  /**
   * Makes the error.
   *
   * @param path Where inside the value
   * @param found What stands there.
   */
  constructor(path: string, found: string, options: PluginRegistryErrorOptions & { what?: string } = {}) {
    super(
      `Cannot pass ${options.what ?? "value"}: ${path}: ${found}; ` +
        `only JSON values and Uint8Array cross a boundary`,
      options,
    );
    this.path = path;
    this.found = found;
  }
}

/** A plugin's section of the configuration is not what its `config_schema` says. */
export class ConfigInvalid extends PluginRegistryError {
  /** Where inside the section, as a JSON pointer, for example `/size`; empty for all of it. */
  readonly field: string;

  /**
   * Makes the error.
   *
   * @param plugin As `kind/name`.
   * @param field Where inside its section.
   * @param reason What is wrong there.
   */
  constructor(plugin: string, field: string, reason: string, options: ErrorOptions = {}) {
    super(`Cannot configure plugin "${plugin}": ${field === "" ? "its section" : field} ${reason}`, {
      ...options,
      plugin,
    });
    this.field = field;
  }
}

/** Plugins that depend on each other in a circle. */
export class DependencyCycle extends PluginRegistryError {
  /** The whole circle, as `kind/name`; the first stands again at the end. */
  readonly cycle: readonly string[];

  /**
   * Makes the error.
   *
   * @param cycle The whole circle.
   */
  constructor(cycle: readonly string[], options: PluginRegistryErrorOptions = {}) {
    super(`Cannot order plugins: ${cycle.join(" depends on ")}`, options);
    this.cycle = cycle;
  }
}

/** The plugin has no hook of that name. The message lists near names. */
export class HookUnknown extends PluginRegistryError {}

/** A plugin sent what the message protocol does not allow; its scope is ended. */
export class ProtocolError extends PluginRegistryError {}

/** A plugin that failed in a broadcast, and what it failed with. */
export interface PluginFailure {
  /** The plugin, as `kind/name`. */
  readonly plugin: string;
  /** What it failed with. */
  readonly error: Error;
}

/** Plugins failed in a broadcast whose results were all needed (SPEC section 7). */
export class BroadcastErrors extends PluginRegistryError {
  /** The kind. */
  readonly kind: string;
  /** The hook. */
  readonly hook: string;
  /** The plugins that failed, as `kind/name`. */
  readonly plugins: readonly string[];
  /** What each of them failed with. */
  readonly errors: readonly Error[];

  /**
   * Makes the error.
   *
   * @param kind The kind.
   * @param hook The hook.
   * @param failures The plugins that failed, as far as is known.
   */
  constructor(
    kind: string,
    hook: string,
    failures: readonly PluginFailure[],
    options: PluginRegistryErrorOptions = {},
  ) {
    const list = failures.map(({ plugin, error }) => `plugin "${plugin}": ${error.message}`);
    super(`Cannot collect "${hook}" of kind "${kind}": ${list.join("; ")}`, options);
    this.kind = kind;
    this.hook = hook;
    this.plugins = failures.map(({ plugin }) => plugin);
    this.errors = failures.map(({ error }) => error);
  }

  /** Both together. Made of the two lists, for only those cross a boundary. */
  get failures(): readonly PluginFailure[] {
    return this.errors.map((error, i) => ({ plugin: this.plugins[i] ?? "unknown", error }));
  }
}

/** A hook was dispatched by another class than it is declared for (SPEC section 7). */
export class DispatchMismatch extends PluginRegistryError {
  /** The kind. */
  readonly kind: string;
  /** The hook. */
  readonly hook: string;
  /** What it is declared as; `in_process_only` for a plugin that cannot stand in a chain. */
  readonly declared: string;
  /** The class that was asked for. */
  readonly asked: string;

  /**
   * Makes the error.
   *
   * @param kind The kind.
   * @param hook The hook.
   * @param declared What it is declared as.
   * @param asked The class that was asked for.
   */
  constructor(
    kind: string,
    hook: string,
    declared: string,
    asked: string,
    options: PluginRegistryErrorOptions & { reason?: string } = {},
  ) {
    const reason = options.reason ?? `it is declared as ${declared}`;
    super(`Cannot dispatch "${hook}" of kind "${kind}" as ${asked}: ${reason}`, options);
    this.kind = kind;
    this.hook = hook;
    this.declared = declared;
    this.asked = asked;
  }
}

/** No plugin takes an input, and there is no fallback (SPEC section 7). */
export class NoCapabilityMatch extends PluginRegistryError {
  /** The kind. */
  readonly kind: string;
  /** The hook. */
  readonly hook: string;
  /** What the input said: `language`, `extension`, `mime_type`, `capabilities`, as they were compared. */
  readonly asked: Readonly<Record<string, string | readonly string[]>>;

  /**
   * Makes the error.
   *
   * @param kind The kind.
   * @param hook The hook.
   * @param asked What the input said.
   * @param reason What is known instead.
   */
  constructor(
    kind: string,
    hook: string,
    asked: Readonly<Record<string, string | readonly string[]>>,
    reason: string,
    options: PluginRegistryErrorOptions = {},
  ) {
    super(`Cannot dispatch "${hook}" of kind "${kind}": ${reason}`, options);
    this.kind = kind;
    this.hook = hook;
    this.asked = asked;
  }
}

/** Which operation of which store an error is about. */
export interface StoreOperation {
  /** What was asked for, for example `put`. */
  action: string;
  /** The key concerned; for a listing, the prefix. */
  key: string;
  /** Which store, for example `blob store "/var/blobs"`. */
  store: string;
}

/** The message of any error about a store. */
export function describeOperation({ action, key, store }: StoreOperation, reason: string): string {
  const shown = key.length > 100 ? `${key.slice(0, 100)}…` : key;
  return `Cannot ${action} ${JSON.stringify(shown)} in ${store}: ${reason}`;
}

/**
 * A store could not do what it was asked: it is closed, the disk is full, a file of it is torn or is none of its own.
 * What was stored under the key before is still there. `cause` is Deno's error, where there is one.
 */
export class StoreError extends PluginRegistryError {
  /** Which store. */
  readonly store: string;
  /** The key concerned; for a listing, the prefix. */
  readonly key: string;

  /**
   * Makes the error.
   *
   * @param operation What was asked of which store.
   * @param reason Why it could not be done.
   */
  constructor(operation: StoreOperation, reason: string, options: ErrorOptions = {}) {
    super(describeOperation(operation, reason), options);
    this.store = operation.store;
    this.key = operation.key;
  }
}

/** A checkpoint was to be saved over one version, and another is there. */
export class CheckpointConflict extends StoreError {
  /** The version that was expected. */
  readonly expected: number;
  /** The version that is there; 0 when there is none. */
  readonly actual: number;

  /**
   * Makes the error.
   *
   * @param operation What was asked of which store.
   * @param expected The version that was expected.
   * @param actual The version that is there.
   */
  constructor(operation: StoreOperation, expected: number, actual: number) {
    super(operation, `version ${expected} was expected, version ${actual} is there`);
    this.expected = expected;
    this.actual = actual;
  }
}

/** What went wrong with a request. */
export type HttpFailure =
  /** No whole answer within a limit. */
  | "timeout"
  /** The host's name could not be resolved. */
  | "dns"
  /** Nothing accepted the connection. */
  | "connect"
  /** The server's certificate, or TLS itself. */
  | "tls"
  /** The connection ended before the answer was whole. */
  | "dropped"
  /** What came is no HTTP. */
  | "not_http"
  /** The body is over the limit. */
  | "too_large"
  /** A redirect that must not be followed. */
  | "redirect"
  /** The test double knows no answer. */
  | "not_scripted";

/** Which request an error is about. */
export interface RequestName {
  /** Its method. */
  method: string;
  /** Its URL, without credentials and query, for those are often secrets. */
  shown: string;
}

/**
 * A request got no usable answer. A host that the manifest does not list is a `Deno.errors.NotCapable` instead, and an
 * aborted request rejects with its signal's reason.
 */
export class HttpError extends PluginRegistryError {
  /** What went wrong. Survives boundaries, as `code` does. */
  readonly failure: HttpFailure;
  /** The URL, without credentials and query. */
  readonly url: string;

  /**
   * Makes the error.
   *
   * @param what The request.
   * @param failure What went wrong.
   * @param reason The same in words, and what to do.
   */
  constructor(what: RequestName, failure: HttpFailure, reason: string) {
    super(`Cannot ${what.method.toLowerCase()} "${what.shown}": ${reason}`);
    this.failure = failure;
    this.url = what.shown;
  }
}

/** Plugins that failed to stop. All others were stopped. */
export class TeardownErrors extends PluginRegistryError {
  /** What each plugin failed with. */
  readonly errors: readonly Error[];

  /**
   * Makes the error.
   *
   * @param errors What each plugin failed with.
   */
  constructor(errors: readonly Error[], options: PluginRegistryErrorOptions = {}) {
    super(
      `Cannot tear down ${errors.length} plugin${errors.length === 1 ? "" : "s"}: ${
        errors.map((e) => e.message).join("; ")
      }`,
      options,
    );
    this.errors = errors;
  }
}

/**
 * Says whether a value is an error of this package, also one made by another copy of it.
 *
 * @param error Anything.
 * @param code Only this code; any when left out.
 * @returns `true` when it is one.
 *
 * @example
 * ```ts
 * import { isPluginRegistryError, KindUnknown } from "@dagstack/plugin-system";
 * import { assert } from "@std/assert";
 *
 * assert(isPluginRegistryError(new KindUnknown("none"), "KindUnknown"));
 * ```
 */
export function isPluginRegistryError(error: unknown, code?: string): error is PluginRegistryError {
  if (!(error instanceof Error)) return false;
  const own: unknown = Reflect.get(error, "code");
  if (typeof own !== "string") return false;
  if (!(error instanceof PluginRegistryError) && !Object.hasOwn(errorClasses, own)) return false;
  return code === undefined || own === code;
}

/** Every class of this page by its `code`; how an error that crossed a boundary gets its class back. */
export const errorClasses: Readonly<Record<string, abstract new (...args: never[]) => PluginRegistryError>> = {
  PluginRegistryError,
  ManifestInvalid,
  DiscoveryError,
  AmbiguousPlugin,
  VersionIncompatible,
  KindUnknown,
  RuntimeNotSupported,
  PluginLoadError,
  PluginUnavailable,
  PermissionExceeded,
  GrantRequired,
  GrantsInvalid,
  SandboxUnavailable,
  HookTimeout,
  SerializationError,
  HookUnknown,
  ProtocolError,
  TeardownErrors,
  ConfigInvalid,
  DependencyCycle,
  PackageError,
  BroadcastErrors,
  DispatchMismatch,
  NoCapabilityMatch,
  StoreError,
  CheckpointConflict,
  HttpError,
  HookspecInvalid,
  HookInputInvalid,
  HookOutputInvalid,
};

// On the prototypes: a stack trace's first line is written while the error is made, and a minifier leaves keys alone.
for (const [code, errorClass] of Object.entries(errorClasses)) {
  Object.defineProperty(errorClass.prototype, "name", { value: code, configurable: true, writable: true });
  Object.defineProperty(errorClass.prototype, "code", { value: code, configurable: true, writable: true });
}

/** Says whether a value is an {@linkcode AmbiguousPlugin}, also one made by another copy of the package. */
export const isAmbiguousPlugin = (error: unknown): error is AmbiguousPlugin =>
  isPluginRegistryError(error, "AmbiguousPlugin");
/** Says whether a value is a {@linkcode BroadcastErrors}, also one made by another copy of the package. */
export const isBroadcastErrors = (error: unknown): error is BroadcastErrors =>
  isPluginRegistryError(error, "BroadcastErrors");
/** Says whether a value is a {@linkcode ConfigInvalid}, also one made by another copy of the package. */
export const isConfigInvalid = (error: unknown): error is ConfigInvalid =>
  isPluginRegistryError(error, "ConfigInvalid");
/** Says whether a value is a {@linkcode DependencyCycle}, also one made by another copy of the package. */
export const isDependencyCycle = (error: unknown): error is DependencyCycle =>
  isPluginRegistryError(error, "DependencyCycle");
/** Says whether a value is a {@linkcode DispatchMismatch}, also one made by another copy of the package. */
export const isDispatchMismatch = (error: unknown): error is DispatchMismatch =>
  isPluginRegistryError(error, "DispatchMismatch");
/** Says whether a value is a {@linkcode HookInputInvalid}, also one made by another copy of the package. */
export const isHookInputInvalid = (error: unknown): error is HookInputInvalid =>
  isPluginRegistryError(error, "HookInputInvalid");
/** Says whether a value is a {@linkcode HookOutputInvalid}, also one made by another copy of the package. */
export const isHookOutputInvalid = (error: unknown): error is HookOutputInvalid =>
  isPluginRegistryError(error, "HookOutputInvalid");
/** Says whether a value is a {@linkcode HookspecInvalid}, also one made by another copy of the package. */
export const isHookspecInvalid = (error: unknown): error is HookspecInvalid =>
  isPluginRegistryError(error, "HookspecInvalid");
/** Says whether a value is a {@linkcode KindUnknown}, also one made by another copy of the package. */
export const isKindUnknown = (error: unknown): error is KindUnknown => isPluginRegistryError(error, "KindUnknown");
/** Says whether a value is a {@linkcode ManifestInvalid}, also one made by another copy of the package. */
export const isManifestInvalid = (error: unknown): error is ManifestInvalid =>
  isPluginRegistryError(error, "ManifestInvalid");
/** Says whether a value is a {@linkcode NoCapabilityMatch}, also one made by another copy of the package. */
export const isNoCapabilityMatch = (error: unknown): error is NoCapabilityMatch =>
  isPluginRegistryError(error, "NoCapabilityMatch");
/** Says whether a value is a {@linkcode PluginLoadError}, also one made by another copy of the package. */
export const isPluginLoadError = (error: unknown): error is PluginLoadError =>
  isPluginRegistryError(error, "PluginLoadError");
/** Says whether a value is a {@linkcode PluginUnavailable}, also one made by another copy of the package. */
export const isPluginUnavailable = (error: unknown): error is PluginUnavailable =>
  isPluginRegistryError(error, "PluginUnavailable");
/** Says whether a value is a {@linkcode RuntimeNotSupported}, also one made by another copy of the package. */
export const isRuntimeNotSupported = (error: unknown): error is RuntimeNotSupported =>
  isPluginRegistryError(error, "RuntimeNotSupported");
/** Says whether a value is a {@linkcode TeardownErrors}, also one made by another copy of the package. */
export const isTeardownErrors = (error: unknown): error is TeardownErrors =>
  isPluginRegistryError(error, "TeardownErrors");
/** Says whether a value is a {@linkcode VersionIncompatible}, also one made by another copy of the package. */
export const isVersionIncompatible = (error: unknown): error is VersionIncompatible =>
  isPluginRegistryError(error, "VersionIncompatible");
