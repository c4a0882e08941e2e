/**
 * A host of its own, since the SDK's client reads the environment: for each line on stdin it makes that many calls, all in
 * flight at once, and prints the microseconds that one took.
 */
// deno-lint-ignore-file no-import-prefix -- a peer of the benchmarks, no dependency of the package
import { fromFileUrl } from "@std/path/from-file-url";
import { Client } from "npm:@modelcontextprotocol/sdk@1.32.2/client/index.js";
import { StdioClientTransport } from "npm:@modelcontextprotocol/sdk@1.32.2/client/stdio.js";

const server = fromFileUrl(new URL("mcp_server.ts", import.meta.url));
const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
const client = new Client({ name: "bench", version: "1.0.0" });
await client.connect(
  new StdioClientTransport({ command: Deno.execPath(), args: ["run", "-A", "--config", config, server] }),
);

const buffer = new Uint8Array(1024);
for (let count = await Deno.stdin.read(buffer); count !== null; count = await Deno.stdin.read(buffer)) {
  const calls = Number(new TextDecoder().decode(buffer.subarray(0, count)));
  const start = performance.now();
  await Promise.all(
    Array.from({ length: calls }, () => client.callTool({ name: "echo", arguments: { value: "Hello, dagstack!" } })),
  );
  console.log((performance.now() - start) * 1000 / calls);
}
await client.close();
