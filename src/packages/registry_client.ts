import { parse as parseVersion } from "@std/semver/parse";
import { parseRange } from "@std/semver/parse-range";
import { satisfies } from "@std/semver/satisfies";
import { PackageError } from "../errors.ts";

/** The limits of a package, so that a hostile one costs little. */
export const PACKAGE_LIMITS = {
  /** Bytes of all files together, unpacked. */
  bytes: 64 * 1024 * 1024,
  /** Files. */
  files: 10_000,
  /** Milliseconds that one download may take. */
  timeoutMs: 60_000,
} as const;

/** Where packages are fetched from. */
export interface RegistryUrls {
  /** The npm registry. @default "https://registry.npmjs.org/" */
  npm?: string;
  /** The JSR registry. @default "https://jsr.io/" */
  jsr?: string;
}

/** A package, fetched and checked against the registry's checksums. */
export interface FetchedPackage {
  version: string;
  files: PackageFiles;
}

/**
 * Fetches a package from npm: its tarball, held against the registry's `integrity`.
 *
 * @throws {PackageError} If there is none of that name or range, or the checksum differs.
 */
export async function fetchNpmPackage(name: string, range: string, registry: string): Promise<FetchedPackage> {
  const specifier = `npm:${name}@${range}`;
  interface Packument {
    "dist-tags"?: Record<string, string>;
    versions?: Record<string, { dist: { tarball: string; integrity?: string } }>;
  }
  const meta = await fetchJson<Packument>(new URL(name.replace("/", "%2f"), registry), specifier);
  const versions = meta.versions ?? {};
  const version = pickVersion(specifier, range, Object.keys(versions), meta["dist-tags"] ?? {});
  const { tarball, integrity } = versions[version]!.dist;
  if (new URL(tarball).origin !== new URL(registry).origin) {
    throw new PackageError(specifier, `its tarball is at another origin than the registry: ${tarball}`);
  }
  const bytes = await fetchBytes(new URL(tarball), specifier);
  await checkIntegrity(specifier, "its tarball", bytes, integrity);
  const unpacked = await gunzip(bytes, specifier);
  const { parseTar } = await import("nanotar");
  const files = new PackageFiles(specifier);
  for (const { name: entry, type, data } of parseTar(unpacked)) {
    if (type === "directory" || type === "globalExtendedHeader" || type === "extendedHeader") continue;
    if (type !== "file") {
      throw new PackageError(specifier, `it holds "${entry}", which is no file but ${type ?? "unknown"}`);
    }
    // Everything lies below one folder, usually "package".
    files.add(entry.replace(/^\.?\/?[^/]+\//, ""), (data ?? new Uint8Array()).slice() as Uint8Array<ArrayBuffer>);
  }
  return { version, files };
}

/**
 * Fetches a package from JSR: each file, held against the registry's checksum of it.
 *
 * @throws {PackageError} If there is none of that name or range, or a checksum differs.
 */
export async function fetchJsrPackage(name: string, range: string, registry: string): Promise<FetchedPackage> {
  const specifier = `jsr:${name}@${range}`;
  const meta = await fetchJson<{ latest?: string; versions?: Record<string, { yanked?: boolean }> }>(
    new URL(`${name}/meta.json`, registry),
    specifier,
  );
  const published = Object.entries(meta.versions ?? {}).filter(([, { yanked }]) => yanked !== true).map(([v]) => v);
  const version = pickVersion(specifier, range, published, {});
  const { manifest } = await fetchJson<{ manifest?: Record<string, { size: number; checksum: string }> }>(
    new URL(`${name}/${version}_meta.json`, registry),
    specifier,
  );
  const files = new PackageFiles(specifier);
  for (const [path, { checksum }] of Object.entries(manifest ?? {})) {
    checkPath(specifier, path.slice(1)); // before it becomes part of a URL
    const url = new URL(`${name}/${version}${path.split("/").map(encodeURIComponent).join("/")}`, registry);
    const bytes = await fetchBytes(url, specifier);
    await checkIntegrity(specifier, `"${path}"`, bytes, checksum);
    files.add(path.slice(1), bytes);
  }
  return { version, files };
}

function checkPath(specifier: string, path: string): void {
  const outside = path.startsWith("/") || path.split("/").some((step) => step === "" || step === "." || step === "..");
  // deno-lint-ignore no-control-regex -- control characters are what is refused
  if (outside || /[\\:\x00-\x1f]/.test(path)) {
    throw new PackageError(specifier, `it holds a file named ${JSON.stringify(path)}, which is no path inside it`);
  }
}

/** The files of a package: path inside it, with forward slashes, to content. Keeps to the limits as they come. */
export class PackageFiles {
  readonly #specifier: string;
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();
  #bytes = 0;

  /** @param specifier The package, for errors. */
  constructor(specifier: string) {
    this.#specifier = specifier;
  }

  /**
   * Takes a file in.
   *
   * @throws {PackageError} If the path leads out of the package, or the package is too large with it.
   */
  add(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    checkPath(this.#specifier, path);
    this.#bytes += bytes.byteLength - (this.#files.get(path)?.byteLength ?? 0);
    this.#files.set(path, bytes);
    if (this.#files.size > PACKAGE_LIMITS.files || this.#bytes > PACKAGE_LIMITS.bytes) throw tooLarge(this.#specifier);
  }

  /** All files, in the order in which they came. */
  [Symbol.iterator](): Iterator<[path: string, bytes: Uint8Array<ArrayBuffer>]> {
    return this.#files.entries();
  }
}

function tooLarge(specifier: string): PackageError {
  const { files, bytes } = PACKAGE_LIMITS;
  return new PackageError(specifier, `it holds more than ${files} files or ${bytes / 2 ** 20} MiB`);
}

function pickVersion(specifier: string, range: string, versions: string[], tags: Record<string, string>): string {
  if (Object.hasOwn(tags, range)) return tags[range]!;
  let wanted: ReturnType<typeof parseRange>;
  try {
    wanted = parseRange(range);
  } catch (cause) {
    throw new PackageError(specifier, `"${range}" is no version range`, { cause });
  }
  const fitting = versions.flatMap((version) => {
    try {
      const parsed = parseVersion(version);
      return satisfies(parsed, wanted) ? [{ version, parsed }] : [];
    } catch {
      return []; // a version that is none, in a registry of its own ways
    }
  }).sort((a, b) =>
    a.parsed.major - b.parsed.major || a.parsed.minor - b.parsed.minor || a.parsed.patch - b.parsed.patch
  );
  const latest = tags.latest;
  const best = fitting.find(({ version }) => version === latest) ?? fitting.at(-1);
  if (best !== undefined) return best.version;
  const some = versions.slice(-5).join(", ") || "none";
  throw new PackageError(
    specifier,
    `no version of it fits; there are ${some}${versions.length > 5 ? " and others" : ""}`,
  );
}

async function fetchJson<T>(url: URL, specifier: string): Promise<T> {
  const bytes = await fetchBytes(url, specifier);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new PackageError(specifier, `the registry's answer at ${url} is no JSON`, { cause });
  }
}

async function fetchBytes(url: URL, specifier: string): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(PACKAGE_LIMITS.timeoutMs), redirect: "error" });
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotCapable
      ? `the host may not reach ${url.host}; start it with --allow-net=${url.host}`
      : `${url} cannot be fetched: ${(cause as Error).message}`;
    throw new PackageError(specifier, reason, { cause });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new PackageError(
      specifier,
      response.status === 404 ? "there is no such package" : `${url} answers ${response.status}`,
    );
  }
  return await readAll(response.body!, specifier);
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>, specifier: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readAll(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")), specifier);
  } catch (cause) {
    if (cause instanceof PackageError) throw cause;
    throw new PackageError(specifier, "its tarball is not gzipped", { cause });
  }
}

async function readAll(stream: ReadableStream<Uint8Array>, specifier: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.byteLength;
    if (size > PACKAGE_LIMITS.bytes) throw tooLarge(specifier);
    parts.push(part as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Holds bytes against `sha512-<base64>` (npm) or `sha256-<hex>` (JSR). */
async function checkIntegrity(
  specifier: string,
  what: string,
  bytes: Uint8Array<ArrayBuffer>,
  expected: string | undefined,
) {
  const match = /^(sha256|sha512)-([A-Za-z0-9+/=]+)/.exec(expected ?? "");
  if (match === null) throw new PackageError(specifier, `the registry names no checksum for ${what}`);
  const [, algorithm, digest] = match as unknown as [string, string, string];
  const hash = new Uint8Array(await crypto.subtle.digest(algorithm === "sha256" ? "SHA-256" : "SHA-512", bytes));
  if (digest !== hash.toHex() && digest !== hash.toBase64()) {
    throw new PackageError(specifier, `${what} is not what the registry's checksum says`);
  }
}
