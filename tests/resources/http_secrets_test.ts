/** What a plugin must not do to the host's secret headers: double them, or have a proxy drop them. */
import { assertEquals, assertRejects } from "@std/assert";
import { FetchHttpClient } from "../../src/resources/http_client.ts";
import { FOR_PLUGIN } from "../../src/resources/http_for_plugin.ts";
import { HostHttpClient } from "../../src/resources/http_host_client.ts";
import { CountingServer } from "./http_servers.ts";

function withUser(url: string, user: string): string {
  return url.replace("//", `//${user}@`);
}

function boundTo(server: CountingServer, secret: Record<string, string>): HostHttpClient {
  const client = new HostHttpClient({ secretHeaders: { [server.at().slice(0, -1)]: secret } });
  return client[FOR_PLUGIN]({ plugin: "thing/sample", hosts: [server.host] });
}

Deno.test("a secret Authorization is the only one, also where a URL or a redirect brings a user of its own", async () => {
  await using server = new CountingServer((request, { port }) =>
    new URL(request.url).pathname === "/away"
      ? new Response(null, { status: 302, headers: { location: `http://mallory:own@127.0.0.1:${port}/end` } })
      : new Response("fine")
  );
  const client = boundTo(server, { authorization: "Bearer secret" });
  const direct = await client.get(withUser(server.at("/"), "mallory:own"));
  const redirected = await client.get(withUser(server.at("/away"), "mallory:own"));
  assertEquals([direct.url, redirected.url], [server.at("/"), server.at("/end")]);
  assertEquals(server.headers.map((one) => one.get("authorization")), Array(3).fill("Bearer secret"));
});

Deno.test("without a secret, the user of a URL becomes Basic authorization, below the request's own header", async () => {
  await using other = new CountingServer(() => new Response("there"));
  await using server = new CountingServer((request) =>
    new URL(request.url).pathname === "/away" ? Response.redirect(other.at()) : new Response("fine")
  );
  const client = new FetchHttpClient({ headers: { authorization: "of the host" } });
  const answer = await client.get(withUser(server.at("/"), "al%C3%A9:p%40ss"));
  assertEquals(answer.url, server.at("/"));
  await client.get(withUser(server.at("/"), "al:50%"));
  await client.get(withUser(server.at("/"), "al:pass"), { headers: { Authorization: "own" } });
  await client.get(withUser(server.at("/away"), "al:pass"));
  const basic = (text: string) => `Basic ${new TextEncoder().encode(text).toBase64()}`;
  assertEquals(
    [...server.headers, ...other.headers].map((one) => one.get("authorization")),
    [basic("alé:p@ss"), basic("al:50%"), "own", basic("al:pass"), null],
  );
});

Deno.test("headers of the connection are the host's: a plugin that sends one is refused, and nothing is sent", async () => {
  await using server = new CountingServer(() => new Response("fine"));
  const client = boundTo(server, { "x-api-key": "secret" });
  const names = ["Connection", "upgrade", "TE", "trailer", "transfer-encoding", "keep-alive", "Proxy-Connection"];
  for (const name of names) {
    const told = `Cannot send header "${name}": it belongs to the connection`;
    await assertRejects(
      () => client.post(server.at(), { headers: { [name]: "x-api-key" }, body: "x" }),
      TypeError,
      told,
    );
  }
  assertEquals(server.seen, []);
});
