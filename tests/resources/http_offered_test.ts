/** The host's clients as plugins are given them: by name, with nothing to be done by hand, in every place. */
import { assertEquals, assertRejects } from "@std/assert";
import { FetchHttpClient } from "../../src/resources/http_client.ts";
import { HostHttpClient } from "../../src/resources/http_host_client.ts";
import { StubHttpClient } from "../../src/resources/stub_http_client.ts";
import { TestHost } from "../support.ts";
import { CountingServer, RawServer } from "./http_servers.ts";
import { plugin, until, type Way, WAYS } from "./ways.ts";

const BODY = `http: any; setup(c: any) { this.http = c.resources.http_client; }
  async get(url: string) { const r = await this.http.get(url); return [r.status, r.ok, r.text(), r.json()]; }
  async put(url: string) {
    const parts = (async function* () { yield new Uint8Array([49]); yield new Uint8Array([50]); })();
    return (await this.http.put(url, { body: parts })).json();
  }
  async abort(url: string) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new RangeError("given up")), 100);
    return (await this.http.get(url, controller)).text();
  }
  has() { return Object.keys(this.http); }`;

const needs = (...hosts: string[]) =>
  `[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = ${JSON.stringify(hosts)}`;

for (const way of Object.keys(WAYS) as Way[]) {
  for (
    const [name, make] of [["FetchHttpClient", () => new FetchHttpClient()], [
      "HostHttpClient",
      () => new HostHttpClient(),
    ]] as const
  ) {
    Deno.test(`${way}: a plugin uses a ${name} by its four methods, streams and signals, held to its hosts`, async () => {
      await using forbidden = new CountingServer(() => new Response("secret"));
      await using silent = new RawServer(() => {});
      await using server = new CountingServer(async (request) =>
        new URL(request.url).pathname === "/away"
          ? Response.redirect(forbidden.at())
          : new Response(await request.text() || "7")
      );
      await using host = await TestHost.start(plugin(BODY, needs(server.host, silent.host), way), WAYS[way], {
        resources: { http_client: make() },
      });
      const { get, put, abort } = host.plugin();
      assertEquals(await get!(server.at()), [200, true, "7", 7]);
      assertEquals(await put!(server.at()), 12);
      await assertRejects(() => get!(server.at("/away")), Deno.errors.NotCapable, `add "${forbidden.host}" to hosts`);
      await assertRejects(() => get!(forbidden.at()), Deno.errors.NotCapable, `add "${forbidden.host}" to hosts`);
      assertEquals(forbidden.seen, []);
      await assertRejects(() => abort!(`http://${silent.host}/`), RangeError, "given up");
      await until(() => silent.connections === 1);
    });
  }

  Deno.test(`${way}: a plugin is tested with a stub`, async () => {
    const http_client = new StubHttpClient().on("GET", "https://api.example.com/", { body: 7 });
    await using host = await TestHost.start(plugin(BODY, needs("example.com"), way), WAYS[way], {
      resources: { http_client },
    });
    await assertRejects(() => host.plugin().get!("https://api.example.com/"), Deno.errors.NotCapable);
    http_client.on("GET", "https://example.com/", { body: 8 });
    assertEquals(await host.plugin().get!("https://example.com/"), [200, true, "8", 8]);
    assertEquals(http_client.requests.map(({ url, plugin }) => [url, plugin]), [[
      "https://example.com/",
      "thing/sample",
    ]]);
    const error = await assertRejects(() => host.plugin().put!("https://example.com/"), Error, "no answer is scripted");
    assertEquals(Reflect.get(error, "failure"), "not_scripted");
  });
}
