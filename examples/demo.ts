/**
 * The main job, on real files: discover the plugins of a folder, start each inside its own permission scope, cut files
 * into chunks, show what a misbehaving plugin is refused, stop everything.
 *
 *     deno task demo [file…]
 */
import { DEFAULT_IGNORE, PluginContext, PluginRegistry, type PluginStatus } from "@dagstack/plugin-system";
import type { FixedChunker } from "../plugins/fixed-chunker/plugin.ts";
import type { Nosy } from "../plugins/nosy/plugin.ts";
import type { PageSaver } from "../plugins/page-saver/plugin.ts";

const project = new URL("../", import.meta.url);
const TEMP_DIR = ".demo-tmp";
/** How much text goes to the plugin in one call, and when a file is large enough for a progress line. */
const PART = 1024 * 1024;

const files = Deno.args.length > 0 ? Deno.args : [new URL("README.md", project), new URL("LICENSE", project)];
let failed = false;

const registry = new PluginRegistry({ tempDir: TEMP_DIR });
try {
  // The two middleware plugins would write of every call between these lines.
  await registry.discover(new URL("plugins/", project), { ignore: [...DEFAULT_IGNORE, "audit-log", "quota"] });
  await registry.setupAll(new PluginContext({ config: {}, logger: console, registry }));

  console.log("Plugins\n");
  printTable(registry.status().plugins);

  console.log("\nChunks\n");
  for (const file of files) await chunkFile(String(file).replace(project.href, ""), file);
  await chunkText("emoji and CRLF, one unit a chunk", "Grüße 👩‍👩‍👧‍👦\r\nzweite Zeile 🎉\r\n", 1);

  console.log("\nHTTP into a fresh folder\n");
  await savePage();

  console.log("\nRefusals: what the nosy plugin tried\n");
  await showRefusals();
} finally {
  await registry.teardownAll();
  await Deno.remove(TEMP_DIR).catch(() => {}); // it was made for this run, and is empty now
}
console.log("\nAll plugins are torn down.");
if (failed) Deno.exit(1);

async function chunkFile(name: string, file: string | URL): Promise<void> {
  let bytes: Uint8Array<ArrayBuffer>;
  let text: string;
  try {
    bytes = await Deno.readFile(file);
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    failed = true;
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : (error as Error).message;
    console.error(`  ${name}: cannot be chunked: ${reason}`);
    return;
  }
  await chunkText(name, text, 512, bytes);
}

/** Cuts a text into chunks, puts them together again, and compares every byte. */
async function chunkText(name: string, text: string, size: number, bytes = new TextEncoder().encode(text)) {
  const chunker = registry.getPlugin<FixedChunker>("chunker", { name: "fixed" });
  const start = performance.now();
  let together = "";
  let count = 0;
  for (let offset = 0; offset < text.length; offset += PART) {
    const chunks = await chunker.chunk(text.slice(offset, offset + PART), size);
    for (const chunk of chunks) together += chunk.text;
    count += chunks.length;
    if (text.length > PART) progress(name, Math.min(1, (offset + PART) / text.length));
  }
  const same = equalBytes(new TextEncoder().encode(together), bytes);
  if (!same) failed = true;
  const verdict = same ? "together they are the file, byte for byte" : "TOGETHER THEY ARE NOT THE FILE";
  const ms = Math.round(performance.now() - start);
  console.log(
    `  ${name}: ${bytes.byteLength} bytes, ${count} ${count === 1 ? "chunk" : "chunks"} in ${ms} ms; ${verdict}`,
  );
}

/** One line that is written over on a terminal, and nothing elsewhere. */
function progress(name: string, part: number): void {
  if (!Deno.stdout.isTerminal()) return;
  const line = part < 1 ? `\r  ${name}: ${Math.floor(part * 100)} %` : "\r\x1b[K";
  Deno.stdout.writeSync(new TextEncoder().encode(line));
}

async function savePage(): Promise<void> {
  const page = "<h1>Served on loopback</h1>\n";
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response(page));
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const saver = registry.getPlugin<PageSaver>("connector", { name: "page-saver" });
  const saved = await saver.save(url);
  console.log(`  saved ${saved.bytes} bytes, sha256 ${saved.sha256.slice(0, 16)}…, in the plugin's own folder`);
  await saver.save("http://192.0.2.1/").catch((error) => console.log(`  and another host: ${error.message}`));
}

async function showRefusals(): Promise<void> {
  const nosy = registry.getPlugin<Nosy>("processor", { name: "nosy" });
  for (const hook of ["readEnvironment", "readFile", "writeFile", "connect", "run"] as const) {
    try {
      await nosy[hook]();
      failed = true;
      console.error(`  ${hook}: WAS NOT REFUSED`);
    } catch (error) {
      console.log(`  ${hook}: ${(error as Error).message}`);
    }
  }
}

function printTable(plugins: readonly PluginStatus[]): void {
  const rows = [
    ["plugin", "state", "sandbox", "granted permissions"],
    ...plugins.map((plugin) => [`${plugin.kind}/${plugin.name}`, plugin.state, plugin.sandbox, granted(plugin)]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) console.log("  " + row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd());
}

function granted({ permissions, reason }: PluginStatus): string {
  if (permissions === undefined) return reason?.message ?? "all of the host's";
  const parts = ["read its own folder"];
  if (permissions.tmpdir) parts.push("a fresh folder");
  for (const kind of ["net", "env", "write"] as const) {
    if (permissions[kind].length > 0) parts.push(`${kind} ${permissions[kind].join(" ")}`);
  }
  return parts.join(", ");
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}
