import type { Attempt } from "./attempt.ts";

/** Ways through the network. */
export const networkAttempts: Attempt[] = [
  {
    id: "fetch_loopback",
    title: "`fetch` on the loopback address",
    code: `return (await fetch("http://127.0.0.1:{{port}}/")).status;`,
    says: /NotCapable/,
  },
  {
    id: "connect",
    title: "`Deno.connect`",
    code: `(await Deno.connect({ hostname: "127.0.0.1", port: {{port}} })).close(); return "connected";`,
    says: /NotCapable/,
  },
  {
    id: "websocket",
    title: "a WebSocket",
    code:
      `return await new Promise((resolve, reject) => { const s = new WebSocket("ws://127.0.0.1:{{port}}/"); s.onopen = resolve; s.onerror = (e) => reject(new Error((e as ErrorEvent).message || "refused")); });`,
    says: /NotCapable|Error/,
  },
  {
    id: "dns",
    title: "a name looked up",
    code: `return await Deno.resolveDns("leak.example.com", "A");`,
    says: /NotCapable/,
  },
  {
    id: "node_dns",
    title: "a name looked up by `node:dns`",
    head: `import dns from "node:dns/promises";`,
    code: `return await dns.lookup("leak.example.com");`,
    says: /NotCapable|Error/,
  },
  {
    id: "udp",
    title: "`node:dgram`",
    head: `import dgram from "node:dgram";`,
    code:
      `return await new Promise((resolve, reject) => { const s = dgram.createSocket("udp4"); s.on("error", reject); s.bind(0, () => resolve("bound")); });`,
    says: /NotCapable|Error/,
    alone: true,
  },
  {
    id: "listen",
    title: "`Deno.listen`",
    code: `Deno.listen({ port: 0 }).close(); return "listening";`,
    says: /NotCapable/,
  },
  {
    id: "unix_socket",
    title: "a Unix socket",
    code: `Deno.listen({ transport: "unix", path: "{{plugin}}/socket" }).close(); return "listening";`,
    says: /NotCapable/,
  },
  {
    id: "node_net",
    title: "`node:net`",
    head: `import net from "node:net";`,
    code:
      `return await new Promise((resolve, reject) => net.connect({{port}}, "127.0.0.1", () => resolve("connected")).on("error", reject));`,
    says: /NotCapable/,
  },
  {
    id: "node_http",
    title: "`node:http`",
    head: `import http from "node:http";`,
    code:
      `return await new Promise((resolve, reject) => http.get("http://127.0.0.1:{{port}}/", () => resolve("answered")).on("error", reject));`,
    says: /NotCapable|Error/,
  },
  {
    id: "proxy_client",
    title: "an HTTP client with a proxy",
    code:
      `const client = Deno.createHttpClient({ proxy: { url: "http://127.0.0.1:{{port}}" } }); return (await fetch("http://example.com/", { client })).status;`,
    says: /NotCapable/,
  },
  {
    id: "vsock",
    title: "a QUIC endpoint",
    code:
      `const own = new (Deno as any).QuicEndpoint(); own.listen({ cert: "", key: "", alpnProtocols: [] }); return "listening";`,
    says: /Error|NotCapable/,
  },
];
