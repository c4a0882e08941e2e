/** HTTP from the host's side: secrets stay with the host, and what no flags hold is held in code. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { checkedRouter, type LookUp } from "../../src/resources/http_checked_route.ts";
import { HttpError } from "../../src/resources/http_error.ts";
import { exchange } from "../../src/resources/http_exchange.ts";
import { BY_MESSAGE, FOR_PLUGIN } from "../../src/resources/http_for_plugin.ts";
import { HostHttpClient } from "../../src/resources/http_host_client.ts";
import { trustingRouter } from "../../src/resources/http_route.ts";
import { checkHttpOptions } from "../../src/resources/http_settings.ts";
import { TestHost } from "../support.ts";
import { CountingServer, RawServer } from "./http_servers.ts";
import { plugin, until, type Way, WAYS } from "./ways.ts";

const USER = "thing/sample";

/** A request from the host's side where names have the addresses that a test says. */
function getWhere(addresses: Record<string, string[]>, hosts: string[], url: string, inScope = false) {
  const lookUp: LookUp = (name) => Promise.resolve(addresses[name] ?? []);
  const settings = checkHttpOptions({ hosts, retry: { attempts: 0 } });
  const route = checkedRouter(settings.hosts!, trustingRouter([]), { lookUp, inScope });
  return exchange("GET", url, {}, { settings, route });
}

Deno.test("secret headers go to their origin only, also by redirects, and win over the plugin's own", async () => {
  await using other = new CountingServer(() => new Response("there"));
  await using server = new CountingServer((request) =>
    new URL(request.url).pathname === "/away" ? Response.redirect(other.at()) : new Response("fine")
  );
  const secretHeaders = { [server.at().slice(0, -1)]: { "x-api-key": "secret" } };
  const client = new HostHttpClient({ secretHeaders })[FOR_PLUGIN]({ plugin: USER, hosts: [server.host, other.host] });
  await client.get(server.at("/"), { headers: { "X-Api-Key": "forged" } });
  await client.get(server.at("/away"));
  await client.get(other.at());
  const keys = (headers: Headers[]) => headers.map((one) => one.get("x-api-key"));
  assertEquals([keys(server.headers), keys(other.headers)], [["secret", "secret"], [null, null]]);
  for (const origin of ["api.example.com", "https://api.example.com/", "file:///x", "https://A.b"]) {
    assertThrows(() => new HostHttpClient({ secretHeaders: { [origin]: {} } }), RangeError, "no origin");
  }
});

Deno.test("each hop is held to the plugin's hosts; without a plugin, to those of the host", async () => {
  await using forbidden = new CountingServer(() => new Response("secret"));
  await using server = new CountingServer(() => Response.redirect(forbidden.at()));
  const client = new HostHttpClient();
  const bound = client[FOR_PLUGIN]({ plugin: USER, hosts: [server.host] });
  await assertRejects(() => bound.get(server.at()), Deno.errors.NotCapable, `add "${forbidden.host}" to hosts`);
  await assertRejects(() => client.get(forbidden.at()), Deno.errors.NotCapable);
  const narrow = new HostHttpClient({ hosts: [server.host] })[FOR_PLUGIN]({ plugin: USER, hosts: [forbidden.host] });
  await assertRejects(() => narrow.get(forbidden.at()), Deno.errors.NotCapable);
  assertEquals([server.seen.length, forbidden.seen.length], [1, 0]);
});

Deno.test("a listed name that resolves to a closed address is refused, and nothing hears of it", async () => {
  await using server = new CountingServer(() => new Response("inner"));
  const url = server.at("/", "http", "rebound.test");
  for (const address of ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1", "fd00::1", "0.0.0.0"]) {
    const both = { "rebound.test": ["1.1.1.1", address] };
    const shown = address.includes(":") ? `[${address}]` : address;
    for (const inScope of [false, true]) {
      const error = await assertRejects(() => getWhere(both, ["rebound.test"], url, inScope), Deno.errors.NotCapable);
      assertStringIncludes(
        error.message,
        `Requires net access to "${shown}:${server.port}" ("rebound.test" resolves there)`,
      );
    }
  }
  assertEquals(server.seen, []);
});

Deno.test("plain HTTP goes to the address that was looked at, under the name that was asked for", async () => {
  await using server = new CountingServer((request) => new Response(request.headers.get("host")));
  const url = server.at("/", "http", "example.com");
  const answer = await getWhere({ "example.com": ["127.0.0.1"] }, ["example.com", server.host], url);
  assertEquals(new TextDecoder().decode(answer.body), `example.com:${server.port}`);
  const lacking = await assertRejects(
    () => getWhere({ "outer.test": ["1.1.1.1"] }, ["outer.test"], "http://outer.test/"),
    Deno.errors.NotCapable,
  );
  assertStringIncludes(lacking.message, "start it with --allow-net=1.1.1.1:80");
});

Deno.test("a name without an address, and one that nobody answers for, are DNS failures", async () => {
  const none = await assertRejects(() => getWhere({}, ["none.test"], "http://none.test/"), HttpError, "has no address");
  assertEquals(none.failure, "dns");
  const settings = checkHttpOptions({ hosts: ["slow.test"], timeoutMs: 50 });
  const route = checkedRouter(settings.hosts!, trustingRouter([]), { lookUp: () => new Promise(() => {}) });
  const slow = await assertRejects(() => exchange("GET", "http://slow.test/", {}, { settings, route }), HttpError);
  assertEquals(slow.failure, "timeout");
  assertStringIncludes(slow.message, 'while resolving "slow.test"');
});

Deno.test("localhost is reached by name when it is listed", async () => {
  await using server = new CountingServer(() => new Response("fine"));
  const client = new HostHttpClient()[FOR_PLUGIN]({ plugin: USER, hosts: [`localhost:${server.port}`] });
  assertEquals((await client.get(server.at("/", "http", "localhost"))).text(), "fine");
});

Deno.test("what comes by message is checked; disposing of it ends what is under way", async () => {
  await using silent = new RawServer(() => {});
  const url = `http://${silent.host}/`;
  const { instance } = new HostHttpClient()[FOR_PLUGIN]({ plugin: USER, hosts: [silent.host] })[BY_MESSAGE]();
  const get = (...args: unknown[]) =>
    (Reflect.get(instance, "get") as (...args: unknown[]) => Promise<unknown>).apply(instance, args);
  for (
    const args of [
      [],
      [5],
      [url, 5],
      [url, { id: 5 }],
      [url, { id: "x".repeat(65) }],
      [url, { headers: 1 }],
      [url, {
        headers: { a: 1 },
      }],
      [url, { timeoutMs: "1" }],
      [url, { body: {} }],
      [url, {}, "text"],
    ]
  ) await assertRejects(() => get(...args), TypeError, "is not what a client sends");
  assertEquals(silent.connections, 0);
  const calls = Array.from({ length: 40 }, (_, n) => assertRejects(() => get(url, { id: `${n}` }), DOMException));
  await assertRejects(() => get(url, { id: "0" }), TypeError, "its id");
  await until(() => silent.connections === 32);
  instance[Symbol.dispose]();
  await Promise.all(calls);
  assertEquals(silent.connections, 32, "no more than 32 are under way at once");
});

for (const way of Object.keys(WAYS) as Way[]) {
  Deno.test(`${way}: a plugin's requests are made by the host, which keeps its secret and its hosts`, async () => {
    await using forbidden = new CountingServer(() => new Response("secret"));
    await using server = new CountingServer((request) =>
      new URL(request.url).pathname === "/away" ? Response.redirect(forbidden.at()) : new Response("fine")
    );
    const client = new HostHttpClient({ secretHeaders: { [server.at().slice(0, -1)]: { "x-api-key": "k3y" } } });
    const { instance } = client[FOR_PLUGIN]({ plugin: USER, hosts: [server.host] })[BY_MESSAGE]();
    await using host = await TestHost.start(
      plugin(
        `http: any; setup(c: any) { this.http = c.resources.api; }
        async get(url: string) { return new TextDecoder().decode((await this.http.get(url)).body); }
        look() { return JSON.stringify(Object.keys(this.http)) + Deno.inspect(this.http, { depth: 9, showHidden: true }); }`,
        '[plugin.resources]\nrequired = ["api"]',
        way,
      ),
      WAYS[way],
      { resources: { api: instance } },
    );
    const { get, look } = host.plugin();
    assertEquals(await get!(server.at()), "fine");
    assertEquals(server.headers[0]!.get("x-api-key"), "k3y");
    await assertRejects(() => get!(server.at("/away")), Deno.errors.NotCapable, `add "${forbidden.host}" to hosts`);
    assertEquals(forbidden.seen, []);
    if (way !== "none") assert(!String(await look!()).includes("k3y"));
  });
}
