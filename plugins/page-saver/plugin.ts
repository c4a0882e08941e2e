import type { PluginContext } from "@dagstack/plugin-system";

/** What was saved. */
export interface SavedPage {
  /** The file, in the plugin's own fresh folder. */
  path: string;
  bytes: number;
  /** SHA-256 of the content, in hexadecimal. */
  sha256: string;
}

/** Downloads pages with `http_client` into `tmpdir`. */
export class PageSaver {
  #resources?: PluginContext["resources"];
  #saved = 0;

  setup(context: PluginContext): void {
    this.#resources = context.resources;
  }

  /**
   * Downloads a page.
   *
   * @throws {Error} If the answer is no success.
   * @throws {Deno.errors.NotCapable} If the host is not listed in the manifest.
   */
  async save(url: string): Promise<SavedPage> {
    const { http_client, tmpdir } = this.#resources!;
    const response = await http_client.get(url);
    if (!response.ok) throw new Error(`Cannot save ${url}: the answer is ${response.status}`);
    const path = await tmpdir.createFile(`page-${++this.#saved}`, ".html");
    await Deno.writeFile(path, response.body);
    const digest = await crypto.subtle.digest("SHA-256", response.body);
    return { path, bytes: response.body.byteLength, sha256: new Uint8Array(digest).toHex() };
  }
}
