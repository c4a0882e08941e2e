/** Redirects: how they are followed, what they carry, and where they must not lead. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FetchHttpClient } from "../../src/resources/mod.ts";
import { HttpError } from "../../src/resources/http_error.ts";
import { CountingServer } from "./http_servers.ts";

const BODY = { body: "body", headers: { "content-type": "text/x-own" } };

function redirect(status: number, location: string): Response {
  return new Response("moved", { status, headers: { location } });
}

for (
  const [status, method, expected] of [
    [301, "post", "GET / "],
    [302, "post", "GET / "],
    [303, "post", "GET / "],
    [303, "put", "GET / "],
    [303, "delete", "GET / "],
    [301, "put", "PUT / body"],
    [302, "delete", "DELETE / body"],
    [307, "post", "POST / body"],
    [308, "put", "PUT / body"],
  ] as const
) {
  Deno.test(`a ${status} after ${method.toUpperCase()} becomes "${expected.trim()}"`, async () => {
    let type: string | null = null;
    await using server = new CountingServer(async (request) => {
      if (new URL(request.url).pathname === "/from") return redirect(status, "/");
      type = request.headers.get("content-type");
      return new Response(`${request.method} / ${await request.text()}`);
    });
    const answer = await new FetchHttpClient()[method](server.at("/from"), BODY);
    assertEquals(answer.text(), expected);
    assertEquals(answer.url, server.at("/"));
    assertEquals(type, expected.endsWith("body") ? "text/x-own" : null);
  });
}

Deno.test("ten redirects are followed, and not eleven", async () => {
  await using server = new CountingServer((request) => {
    const left = Number(new URL(request.url).pathname.slice(1));
    return left === 0 ? new Response("there") : redirect(302, `/${left - 1}`);
  });
  assertEquals((await new FetchHttpClient().get(server.at("/10"))).text(), "there");
  assertEquals(server.seen.length, 11);
  const error = await assertRejects(() => new FetchHttpClient().get(server.at("/11")), HttpError, "over 10 redirects");
  assertEquals(error.failure, "redirect");
  assertEquals(server.seen.length, 22, "a loop is not tried again");
});

Deno.test("credentials stay with their origin, other headers go along", async () => {
  await using other = new CountingServer(() => new Response("there"));
  await using server = new CountingServer((request) =>
    redirect(302, new URL(request.url).pathname === "/a" ? "/b" : other.at())
  );
  const client = new FetchHttpClient({ headers: { "proxy-authorization": "host" } });
  const headers = { authorization: "Bearer x", cookie: "a=b", "x-own": "kept" };
  await client.get(server.at("/a"), { headers });
  const sent = (seen: Headers) =>
    ["authorization", "cookie", "proxy-authorization", "x-own"].map((name) => seen.get(name));
  assertEquals(sent(server.headers[1]!), ["Bearer x", "a=b", "host", "kept"]);
  assertEquals(sent(other.headers[0]!), [null, null, null, "kept"]);
});

Deno.test("a redirect to a host that is not listed is refused, with the hop and the field of the manifest", async () => {
  await using forbidden = new CountingServer(() => new Response("secret"));
  await using server = new CountingServer((request) =>
    redirect(302, new URL(request.url).pathname === "/a" ? "/b?token=secret" : forbidden.at("/?token=secret"))
  );
  const client = new FetchHttpClient({ hosts: [server.host] });
  const error = await assertRejects(() => client.get(server.at("/a?token=secret")), Deno.errors.NotCapable);
  assertEquals(
    error.message,
    `Requires net access to "${forbidden.host}" (redirect 2 of GET "${server.at("/a?…")}" leads there), ` +
      `which the plugin's manifest does not grant; to grant it, add "${forbidden.host}" to hosts of [plugin.resources.http_client]`,
  );
  assertEquals(forbidden.seen, []);
  await assertRejects(() => client.get(forbidden.at()), Deno.errors.NotCapable, `add "${forbidden.host}" to hosts`);
  assertEquals(forbidden.seen, []);
});

Deno.test("a redirect to another scheme, to no URL, or with a stream to be sent again is refused", async () => {
  for (
    const [location, told] of [["file:///etc/passwd", 'scheme "file:"'], ["data:,x", 'scheme "data:"'], [
      "http://[",
      "no URL",
    ]] as const
  ) {
    await using server = new CountingServer(() => redirect(302, location));
    const error = await assertRejects(() => new FetchHttpClient().get(server.at()), HttpError, told);
    assertEquals(error.failure, "redirect");
  }
  await using server = new CountingServer(async (request) => (await request.arrayBuffer(), redirect(307, "/other")));
  const body = ReadableStream.from([new Uint8Array([1])]);
  const error = await assertRejects(
    () => new FetchHttpClient().put(server.at(), { body }),
    HttpError,
    "which is a stream",
  );
  assertEquals(error.failure, "redirect");
  assertEquals(server.seen.length, 1);
});

Deno.test("a redirect without a location is an answer", async () => {
  await using server = new CountingServer(() => new Response("which?", { status: 300 }));
  const answer = await new FetchHttpClient().get(server.at());
  assertEquals([answer.status, answer.text()], [300, "which?"]);
  await using bare = new CountingServer(() => new Response("where?", { status: 302 }));
  assertStringIncludes((await new FetchHttpClient().get(bare.at())).text(), "where?");
  assert(bare.seen.length === 1);
});
