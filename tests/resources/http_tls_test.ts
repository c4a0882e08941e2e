/** TLS with an authority of the host's own. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FetchHttpClient } from "../../src/resources/mod.ts";
import { HttpError } from "../../src/resources/http_error.ts";
import { plugin, type Way, WAYS } from "./ways.ts";
import { TestHost } from "../support.ts";
import { CA, CERT, KEY } from "./http_certificates.ts";
import { CountingServer } from "./http_servers.ts";

const TLS = { cert: CERT, key: KEY };

Deno.test("a certificate of nobody that is known is refused with the way out, and caCerts is that way", async () => {
  await using server = new CountingServer(() => new Response("sealed"), TLS);
  const url = server.at("/", "https");
  const error = await assertRejects(() => new FetchHttpClient().get(url), HttpError, "caCerts");
  assertEquals(error.failure, "tls");
  assertEquals(server.seen, []);
  const client = new FetchHttpClient({ caCerts: [CA] });
  // At once and after each other: Deno's client is shared, closed and made anew, and none is left open.
  const answers = await Promise.all([client.get(url), client.get(url)]);
  assertEquals([...answers, await client.get(url)].map((answer) => answer.text()), ["sealed", "sealed", "sealed"]);
});

Deno.test("a redirect from https to http is refused", async () => {
  await using plain = new CountingServer(() => new Response("open"));
  await using server = new CountingServer(() => Response.redirect(plain.at()), TLS);
  const client = new FetchHttpClient({ caCerts: [CA] });
  const error = await assertRejects(() => client.get(server.at("/", "https")), HttpError, "leaves https");
  assertEquals(error.failure, "redirect");
  assertEquals(plain.seen, []);
});

for (const way of Object.keys(WAYS) as Way[]) {
  Deno.test(`${way}: a plugin's client trusts the host's authorities`, async () => {
    await using server = new CountingServer(() => new Response("sealed"), TLS);
    const resources =
      `[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["${server.host}"]`;
    const body = `http: any; setup(c: any) { this.http = c.resources.http_client; }
      async get(url: string) { return (await this.http.get(url)).text(); }`;
    const url = server.at("/", "https");
    for (const caCerts of [[CA], []]) {
      await using host = await TestHost.start(plugin(body, resources, way), WAYS[way], {
        resources: { http_client: new FetchHttpClient({ caCerts }) },
      });
      const call = host.plugin().get!(url);
      if (caCerts.length > 0) assertEquals(await call, "sealed");
      else {
        const error = await assertRejects(() => call, Error, "certificate");
        assertEquals([Reflect.get(error, "code"), Reflect.get(error, "failure")], ["HttpError", "tls"]);
        assertStringIncludes(error.message, "the host must name it in caCerts");
      }
    }
  });
}
