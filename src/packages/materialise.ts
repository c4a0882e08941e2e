import { PackageError } from "../errors.ts";
import { hashFiles } from "../folder_hash.ts";
import { dirname, join, resolve } from "../path/mod.ts";
import {
  type FetchedPackage,
  fetchJsrPackage,
  fetchNpmPackage,
  PackageFiles,
  type RegistryUrls,
} from "./registry_client.ts";
import { tryParsePackageSpecifier } from "./specifier.ts";

/** Where the files of a plugin come from. Only what was held against a registry's checksum has one. */
export interface PackageOrigin {
  /** The registry. */
  registry: "npm" | "jsr";
  /** The package's name, with its scope: as it was asked for, whatever its files say. */
  name: string;
  /** The version that was found. */
  version: string;
  /** What `hashFolder` gives for a folder of just these files. */
  contentHash: string;
}

/** A package's files in a folder of ours. */
export interface MaterialisedPackage {
  /** As asked for. */
  specifier: string;
  /** The version found; `undefined` for a path. */
  version: string | undefined;
  /** The folder. */
  folder: string;
  /** What was checked; `undefined` for a path, where there is nothing to hold it against. */
  origin: PackageOrigin | undefined;
}

/**
 * Fetches a package, holds it against the registry's checksums, and writes its files to a folder of ours. What is there
 * already under the same name and content is used as it is.
 *
 * @param specifier `npm:name@range`, `jsr:@scope/name@range`, or a path.
 * @param cacheDir Where to write.
 * @param registries Where to fetch from.
 * @throws {PackageError} If there is no such package, a checksum differs, or it is too large.
 */
export async function materialisePackage(
  specifier: string,
  cacheDir: string,
  registries: RegistryUrls = {},
): Promise<MaterialisedPackage> {
  const parsed = tryParsePackageSpecifier(specifier);
  if (parsed === undefined) {
    throw new PackageError(specifier, 'it is none; expected "npm:name@range", "jsr:@scope/name@range" or a path');
  }
  const fetched = parsed.from === "path"
    ? await readPackage(specifier, resolve(parsed.path))
    : parsed.from === "npm"
    ? await fetchNpmPackage(parsed.name, parsed.range, registries.npm ?? "https://registry.npmjs.org/")
    : await fetchJsrPackage(parsed.name, parsed.range, registries.jsr ?? "https://jsr.io/");
  const name = parsed.from === "path" ? "path" : `${parsed.from}-${parsed.name.replace("/", "+")}-${fetched.version}`;
  const hash = await hashFiles(fetched.files);
  const folder = join(resolve(cacheDir), `${name}-${hash}`);
  if (!(await exists(folder))) await write(fetched, folder);
  if (parsed.from === "path") return { specifier, version: undefined, folder, origin: undefined };
  const { version } = fetched;
  return {
    specifier,
    version,
    folder,
    origin: { registry: parsed.from, name: parsed.name, version, contentHash: hash },
  };
}

async function readPackage(specifier: string, root: string): Promise<FetchedPackage> {
  const files = new PackageFiles(specifier);
  const read = async (folder: string, prefix: string): Promise<void> => {
    for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
      if (name === "node_modules" || name === ".git") continue;
      if (isDirectory) await read(join(folder, name), `${prefix}${name}/`);
      else if (isFile) files.add(prefix + name, await Deno.readFile(join(folder, name)));
      else throw new PackageError(specifier, `it holds "${prefix}${name}", which is neither file nor folder`);
    }
  };
  try {
    await read(root, "");
  } catch (cause) {
    if (cause instanceof PackageError) throw cause;
    throw new PackageError(specifier, `${root} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return { version: "", files };
}

/** Written beside and renamed, so that a package is there whole or not at all. */
async function write({ files }: FetchedPackage, folder: string): Promise<void> {
  await Deno.mkdir(dirname(folder), { recursive: true });
  const draft = await Deno.makeTempDir({ dir: dirname(folder), prefix: "draft-" });
  try {
    for (const [path, bytes] of files) {
      const file = join(draft, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeFile(file, bytes);
    }
    await Deno.rename(draft, folder);
  } catch (error) {
    await Deno.remove(draft, { recursive: true }).catch(() => {}); // the first error is the one to tell
    if (!(await exists(folder))) throw error; // else another writer was faster, with the same content
  }
}

async function exists(folder: string): Promise<boolean> {
  return await Deno.stat(folder).then(() => true, () => false);
}
