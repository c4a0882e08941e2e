// deno-lint-ignore-file no-import-prefix -- a peer of the benchmarks, no dependency of the package
import { Server } from "npm:@modelcontextprotocol/sdk@1.32.2/server/index.js";
import { StdioServerTransport } from "npm:@modelcontextprotocol/sdk@1.32.2/server/stdio.js";
import { type CallToolRequest, CallToolRequestSchema } from "npm:@modelcontextprotocol/sdk@1.32.2/types.js";

const server = new Server({ name: "echo", version: "1.0.0" }, { capabilities: { tools: {} } });
server.setRequestHandler(CallToolRequestSchema, ({ params }: CallToolRequest) => ({
  content: [{ type: "text", text: String(params.arguments?.value) }],
}));
await server.connect(new StdioServerTransport());
