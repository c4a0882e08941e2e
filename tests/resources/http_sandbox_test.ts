/** A plugin's `http_client` in every place that its code can be in: what is forbidden is refused, and did not happen. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FetchHttpClient } from "../../src/resources/mod.ts";
import { FOR_PLUGIN } from "../../src/resources/http_for_plugin.ts";
import { denyRanges } from "../../src/sandbox/deny_ranges.ts";
import { deno, TestHost } from "../support.ts";
import { CountingServer, RawServer } from "./http_servers.ts";
import { plugin, type Way, WAYS } from "./ways.ts";

const BODY = `http: any; setup(c: any) { this.http = c.resources.http_client; }
  async get(url: string, request?: object) { return (await this.http.get(url, request)).text(); }
  async abort(url: string) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new RangeError("given up")), 50);
    return (await this.http.get(url, controller)).text();
  }`;

function needs(...hosts: string[]): string {
  const list = JSON.stringify(hosts);
  return `[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = ${list}`;
}

for (const way of Object.keys(WAYS) as Way[]) {
  for (const bound of way === "none" ? [true] : [true, false]) {
    const held = bound ? "held to its hosts by code as well" : "held by its scope's flags alone";
    const start = (hosts: string[], client: FetchHttpClient = new FetchHttpClient({ retry: { backoffMs: 1 } })) => {
      const http_client = bound ? client[FOR_PLUGIN]({ plugin: "thing/sample", hosts }) : client;
      return TestHost.start(plugin(BODY, needs(...hosts), way), WAYS[way], { resources: { http_client } });
    };

    Deno.test(`${way}, ${held}: a redirect to a forbidden host is refused, and that host hears nothing`, async () => {
      await using forbidden = new CountingServer(() => new Response("secret"));
      await using server = new CountingServer((request) =>
        new URL(request.url).pathname === "/ok"
          ? new Response("fine")
          : Response.redirect(forbidden.at("/?token=secret"))
      );
      await using host = await start([server.host]);
      const { get } = host.plugin();
      assertEquals(await get!(server.at("/ok")), "fine");
      const error = await assertRejects(() => get!(server.at("/away")), Deno.errors.NotCapable);
      assertEquals(
        error.message,
        `Requires net access to "${forbidden.host}" (redirect 1 of GET "${server.at("/away")}" leads there), ` +
          `which the plugin's manifest does not grant; to grant it, ` +
          `add "${forbidden.host}" to hosts of [plugin.resources.http_client]`,
      );
      const direct = await assertRejects(() => get!(forbidden.at()), Deno.errors.NotCapable);
      assertStringIncludes(direct.message, `add "${forbidden.host}" to hosts of [plugin.resources.http_client]`);
      assertEquals(forbidden.seen, []);
    });

    Deno.test(`${way}, ${held}: timeouts, aborts and dropped connections reject with the same errors`, async () => {
      await using silent = new RawServer(() => {});
      await using dropping = new RawServer((_, close) => close());
      await using host = await start([silent.host, dropping.host]);
      const { get, abort } = host.plugin();
      const failure = async (work: () => Promise<unknown>) => {
        const error = await assertRejects(work, Error);
        return [error.name, Reflect.get(error, "code"), Reflect.get(error, "failure")];
      };
      assertEquals(await failure(() => get!(`http://${silent.host}/`, { timeoutMs: 100 })), [
        "HttpError",
        "HttpError",
        "timeout",
      ]);
      assertEquals(await failure(() => get!(`http://${dropping.host}/`)), ["HttpError", "HttpError", "dropped"]);
      assertEquals(dropping.connections, 3);
      await assertRejects(() => abort!(`http://${silent.host}/`), RangeError, "given up");
    });
  }
}

Deno.test("a listed name that resolves to loopback is refused by a scope's own flags, and nothing hears of it", async () => {
  await using server = new CountingServer(() => new Response("inner"));
  const client = new URL("../../src/resources/http_client.ts", import.meta.url).href;
  const url = server.at("/?token=secret", "http", "localhost");
  const code = `import { FetchHttpClient } from ${JSON.stringify(client)};
    try { await new FetchHttpClient().get(${
    JSON.stringify(url)
  }); } catch (error) { console.log(Deno.inspect(error)); }`;
  const net = [`--allow-net=localhost:${server.port}`, `--deny-net=${denyRanges(["example.com"]).join(",")}`];
  const { stdout } = await deno([
    "run",
    "--no-prompt",
    "--allow-read",
    ...net,
    `data:application/typescript,${encodeURIComponent(code)}`,
  ]);
  const told =
    `NotCapable: Requires net access to "127.0.0.1:${server.port}" ("localhost" resolves there), which the plugin's`;
  assertStringIncludes(stdout, told);
  assertEquals(stdout.includes("secret"), false);
  assertEquals(server.seen, []);
});
