import type { PermissionDifference } from "../errors.ts";
import { type Manifest, tryParseHost } from "../manifest/mod.ts";
import { isAbsolute, isBelow, join, resolve } from "../path/mod.ts";
import { denyRanges } from "./deny_ranges.ts";

/**
 * What a host allows its plugins at most, one key per resource, in the manifest's own words (SPEC section 8).
 * What is left out is refused: `{}` grants nothing. `true` allows whatever the manifest lists.
 */
export interface Policy {
  /** A fresh folder. */
  tmpdir?: boolean;
  /** Hosts: `api.example.com` (all ports), `api.example.com:443`, `*.example.com`. */
  http_client?: boolean | { hosts: readonly string[] };
  /** Environment variables by name. */
  env?: boolean | { variables: readonly string[] };
  /** Paths; each allows all that lies below it. Relative ones start at the host's working folder. */
  filesystem?: boolean | { read?: readonly string[]; write?: readonly string[] };
  /** Programs. They escape the sandbox, so the plugin must also be trusted by name. */
  subprocess?: boolean | { programs: readonly string[] };
  /** Packages, as the manifest writes them: `npm:lodash@^4`. */
  packages?: boolean | { specifiers: readonly string[] };
}

/** The Deno permissions of one plugin's scope. What is not listed is denied. */
export interface PermissionScope {
  /** Absolute paths; the first is the plugin's own folder. */
  readonly read: readonly string[];
  /** Absolute paths. */
  readonly write: readonly string[];
  /** Hosts, as the manifest writes them. */
  readonly net: readonly string[];
  /** Loopback, link-local and private addresses that stay closed although a listed name may resolve to them. */
  readonly denyNet: readonly string[];
  /** Variable names. */
  readonly env: readonly string[];
  /** Programs it may start. What they do is not sandboxed. */
  readonly run: readonly string[];
  /** Packages that it may import; what they need is locked beside them. */
  readonly packages: readonly string[];
  /** Whether a fresh folder is made that the scope may read and write. */
  readonly tmpdir: boolean;
}

/** The permissions that a host process holds or does not. */
export type HostPermission = Exclude<PermissionDifference["permission"], "packages">;

/** What a scope is computed from. Nothing is looked up: the same request gives the same scope. */
export interface ScopeRequest {
  /** The plugin's manifest. */
  manifest: Manifest;
  /** The plugin's folder: absolute, symlinks resolved. */
  pluginDir: string;
  /** What the host allows at most. @default whatever the manifest lists */
  policy?: Policy;
  /** Whether the host names the plugin as trusted; without it no program is granted. @default false */
  trusted?: boolean;
  /** Whether the host process itself holds a permission. */
  holds: (permission: HostPermission, value: string) => boolean;
}

/** The scope, and what the manifest asks for beyond it. */
export interface ScopeResult {
  scope: PermissionScope;
  /** Empty when the plugin may start. */
  differences: PermissionDifference[];
}

/**
 * Maps a manifest's declared resources to Deno permissions, within the policy and what the host holds.
 *
 * @param request All it depends on.
 * @returns The scope and the differences.
 */
export function computeScope(request: ScopeRequest): ScopeResult {
  const { manifest, pluginDir, policy } = request;
  const { required, optional, http_client, env, filesystem, subprocess, packages } = manifest.resources;
  const declared = (name: string) => required.includes(name) || optional.includes(name);
  const differences: PermissionDifference[] = [];

  const grant = (
    permission: PermissionDifference["permission"],
    value: string,
    field: string,
    allowed: boolean,
    policyRemedy: string,
  ): boolean => {
    const ask = { permission, value, field };
    if (!allowed) differences.push({ ...ask, refusedBy: "policy", remedy: `allow it with policy: ${policyRemedy}` });
    else if (permission !== "packages" && !request.holds(permission, value)) {
      differences.push({ ...ask, refusedBy: "host", remedy: `start the host with --allow-${permission}=${value}` });
    } else return true;
    return false;
  };

  const own = { permission: "read", value: pluginDir, field: "its own folder" } as const;
  if (!request.holds("read", pluginDir)) {
    differences.push({ ...own, refusedBy: "host", remedy: `start the host with --allow-read=${pluginDir}` });
  }
  const net = !declared("http_client") ? [] : http_client.hosts.filter((host) =>
    grant(
      "net",
      host,
      "resources.http_client.hosts",
      allows(policy, "http_client", (own) => own.hosts.some((rule) => hostCovers(rule, host))),
      `{ http_client: { hosts: [${JSON.stringify(host)}] } }`,
    )
  );
  const variables = !declared("env") ? [] : env.variables.filter((name) =>
    grant(
      "env",
      name,
      "resources.env.variables",
      allows(policy, "env", (own) => own.variables.includes(name)),
      `{ env: { variables: [${JSON.stringify(name)}] } }`,
    )
  );
  const paths = (permission: "read" | "write") =>
    !declared("filesystem")
      ? []
      : filesystem[permission].map((path) => absolute(pluginDir, path)).filter((path) =>
        (permission === "read" && isBelow(pluginDir, path)) ||
        grant(
          permission,
          path,
          `resources.filesystem.${permission}`,
          allows(policy, "filesystem", (own) => (own[permission] ?? []).some((rule) => isBelow(resolve(rule), path))),
          `{ filesystem: { ${permission}: [${JSON.stringify(path)}] } }`,
        )
      );
  const programs = !declared("subprocess") ? [] : subprocess.programs.filter((program) => {
    const field = "resources.subprocess.programs";
    if (request.trusted !== true) {
      const remedy =
        `it escapes the sandbox; trust the plugin by name with trusted: ["${manifest.kind}/${manifest.name}"]`;
      differences.push({ permission: "run", value: program, field, refusedBy: "policy", remedy });
      return false;
    }
    return grant(
      "run",
      program,
      field,
      allows(policy, "subprocess", (own) => own.programs.includes(program)),
      `{ subprocess: { programs: [${JSON.stringify(program)}] } }`,
    );
  });
  const specifiers = !declared("packages") ? [] : packages.specifiers.filter((specifier) =>
    grant(
      "packages",
      specifier,
      "resources.packages.specifiers",
      allows(policy, "packages", (own) => own.specifiers.includes(specifier)),
      `{ packages: { specifiers: [${JSON.stringify(specifier)}] } }`,
    )
  );
  const tmpdir = declared("tmpdir") &&
    (allows(policy, "tmpdir", () => true) || deny(differences));

  return {
    scope: {
      read: [pluginDir, ...paths("read")],
      write: paths("write"),
      net,
      denyNet: net.length === 0 ? [] : denyRanges(net),
      env: variables,
      run: programs,
      packages: specifiers,
      tmpdir,
    },
    differences,
  };
}

function deny(differences: PermissionDifference[]): false {
  differences.push({
    permission: "write",
    value: "a fresh folder",
    field: "resources.required or optional",
    refusedBy: "policy",
    remedy: "allow it with policy: { tmpdir: true }",
  });
  return false;
}

function allows<K extends keyof Policy>(
  policy: Policy | undefined,
  key: K,
  test: (own: Exclude<Policy[K], boolean | undefined>) => boolean,
): boolean {
  if (policy === undefined) return true;
  const own = policy[key];
  if (own === undefined || typeof own === "boolean") return own === true;
  return test(own as Exclude<Policy[K], boolean | undefined>);
}

/** Whether a policy's host allows a manifest's host. */
function hostCovers(rule: string, host: string): boolean {
  const asked = tryParseHost(host);
  if (asked === undefined) return false;
  const wildcard = rule.startsWith("*.");
  const own = tryParseHost(wildcard ? rule.slice(2) : rule);
  if (own === undefined || (own.port !== undefined && own.port !== asked.port)) return false;
  return wildcard ? asked.name.endsWith(`.${own.name}`) : asked.name === own.name;
}

function absolute(pluginDir: string, path: string): string {
  return resolve(isAbsolute(path) ? path : join(pluginDir, path));
}

/**
 * The flags of `deno run` that make a scope.
 *
 * @param scope The permissions.
 * @param fresh Fresh folders that it may read and write.
 * @returns Flags; everything not named in them is denied.
 */
export function scopeFlags(scope: PermissionScope, fresh: readonly string[] = []): string[] {
  const flags = [`--allow-read=${list([...scope.read, ...fresh])}`];
  const write = [...scope.write, ...fresh];
  if (write.length > 0) flags.push(`--allow-write=${list(write)}`);
  if (scope.net.length > 0) {
    flags.push(`--allow-net=${list(scope.net)}`);
    if (scope.denyNet.length > 0) flags.push(`--deny-net=${list(scope.denyNet)}`);
  }
  if (scope.env.length > 0) flags.push(`--allow-env=${list(scope.env)}`);
  // Code of packages looks for variables that it can do without: those read as undefined.
  if (scope.packages.length > 0) flags.push("--ignore-env");
  if (scope.run.length > 0) flags.push(`--allow-run=${list(scope.run)}`);
  return flags;
}

/** NB: Deno cannot escape a comma in a flag: it would turn one grant into two. The manifest refuses them; paths of the
 * host's own are checked here. */
function list(values: readonly string[]): string {
  for (const value of values) {
    if (value === "" || value.includes(",")) throw new RangeError(`Cannot grant "${value}": a comma cannot be escaped`);
  }
  return values.join(",");
}

/** The scope of a process that several plugins share: each may do what any of them may. */
export function unionOfScopes(scopes: readonly PermissionScope[]): PermissionScope {
  const all = (
    key: "read" | "write" | "net" | "env" | "run" | "packages",
  ) => [...new Set(scopes.flatMap((s) => s[key]))];
  const net = all("net");
  return {
    read: all("read"),
    write: all("write"),
    net,
    denyNet: net.length === 0 ? [] : denyRanges(net),
    env: all("env"),
    run: all("run"),
    packages: all("packages"),
    tmpdir: scopes.some(({ tmpdir }) => tmpdir),
  };
}
