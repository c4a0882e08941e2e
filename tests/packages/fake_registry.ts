/** A registry on loopback that answers as npm and JSR do, remembers what it was asked, and can be made to go wrong. */
import { createTarGzip } from "nanotar";

/** The files of a package, by path. */
export type Files = Record<string, string>;

/** What a registry holds: name to version to files. An npm package's `package.json` is made when it lacks one. */
export interface Contents {
  npm?: Record<string, Record<string, Files>>;
  jsr?: Record<string, Record<string, Files>>;
}

/** A running registry. Its packages may be changed at any time; the next answer shows it. */
export class FakeRegistry implements AsyncDisposable {
  /** What it holds. */
  readonly contents: Contents;
  /** Paths asked for, in order. */
  readonly requests: string[] = [];
  /** An answer instead of its own, for a path. */
  fault: ((path: string) => Response | undefined) | undefined;
  /** What it says an npm tarball's checksum is, instead of the truth; `null` says nothing. */
  integrity: string | null | undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(contents: Contents) {
    this.contents = contents;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => this.#answer(request));
  }

  /** Where it is. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** It, as both registries. */
  get registries(): { npm: string; jsr: string } {
    return { npm: this.url, jsr: this.url };
  }

  /** Stops it. May be called twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
    this.requests.push(path);
    return this.fault?.(path) ?? await this.#npm(path) ?? await this.#jsr(path) ?? new Response(null, { status: 404 });
  }

  async #npm(path: string): Promise<Response | undefined> {
    const [, tarName, tarVersion] = /^(.+)\/-\/(.+)\.tgz$/.exec(path) ?? [];
    if (tarName !== undefined) {
      const files = this.contents.npm?.[tarName]?.[tarVersion!];
      return files && new Response(await tarball(tarName, tarVersion!, files));
    }
    if (this.contents.npm?.[path] === undefined) return undefined;
    const versions: Record<string, unknown> = {};
    for (const [version, files] of Object.entries(this.contents.npm[path])) {
      const bytes = await tarball(path, version, files);
      versions[version] = {
        ...packageJson(path, version, files),
        dist: {
          tarball: `${this.url}${path}/-/${version}.tgz`,
          integrity: this.integrity === null ? undefined : this.integrity ?? await sha512(bytes),
        },
      };
    }
    return Response.json({ name: path, "dist-tags": { latest: Object.keys(versions).at(-1) }, versions });
  }

  async #jsr(path: string): Promise<Response | undefined> {
    const [, name, rest] = /^(@[^/]+\/[^/]+)\/(.+)$/.exec(path) ?? [];
    const versions = name === undefined ? undefined : this.contents.jsr?.[name];
    if (versions === undefined) return undefined;
    if (rest === "meta.json") {
      const all = Object.fromEntries(Object.keys(versions).map((version) => [version, {}]));
      return Response.json({ latest: Object.keys(versions).at(-1), versions: all });
    }
    const [, metaVersion] = /^([^/]+)_meta\.json$/.exec(rest!) ?? [];
    if (metaVersion !== undefined) {
      const files = versions[metaVersion];
      if (files === undefined) return undefined;
      const manifest: Record<string, { size: number; checksum: string }> = {};
      for (const [file, text] of Object.entries(files)) {
        const bytes = new TextEncoder().encode(text);
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
        manifest[`/${file}`] = { size: bytes.byteLength, checksum: `sha256-${hash}` };
      }
      return Response.json({
        manifest,
        exports: { ".": "./mod.ts", ...("sub.ts" in files ? { "./sub": "./sub.ts" } : {}) },
      });
    }
    const [version, ...file] = rest!.split("/");
    const text = versions[version!]?.[file.join("/")];
    return text === undefined ? undefined : new Response(text, { headers: { "content-type": "text/typescript" } });
  }
}

function packageJson(name: string, version: string, files: Files): object {
  return { name, version, ...JSON.parse(files["package.json"] ?? "{}") };
}

async function tarball(name: string, version: string, files: Files): Promise<Uint8Array<ArrayBuffer>> {
  const all = { ...files, "package.json": JSON.stringify(packageJson(name, version, files)) };
  const entries = Object.entries(all).map(([path, data]) => ({ name: `package/${path}`, data, attrs: { mtime: 0 } }));
  return (await createTarGzip(entries)).slice() as Uint8Array<ArrayBuffer>;
}

async function sha512(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha512-${new Uint8Array(await crypto.subtle.digest("SHA-512", bytes)).toBase64()}`;
}
