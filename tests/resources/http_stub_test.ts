/** The test double. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { HttpError } from "../../src/resources/http_error.ts";
import { BY_MESSAGE, FOR_PLUGIN } from "../../src/resources/http_for_plugin.ts";
import { type Remote, wrapRemote } from "../../src/resources/http_remote.ts";
import type { HttpClient } from "../../src/resources/mod.ts";
import { StubHttpClient } from "../../src/resources/stub_http_client.ts";

Deno.test("a stub answers what is scripted, the last script first, and remembers what it was asked", async () => {
  const http = new StubHttpClient()
    .on("GET", /^https:\/\/a\.test\//g, { status: 404 })
    .on("GET", "https://a.test", { body: { n: 1 }, headers: { "X-Own": "y" } })
    .on("GET", new URLPattern("https://a.test/items/:id"), (request) => ({ body: request.url.slice(-1) }))
    .on("POST", "https://a.test/", async ({ body }) => ({ status: 201, body: await Promise.resolve(body) }));
  const one = await http.get("https://a.test/");
  assertEquals([one.status, one.json(), one.headers], [200, { n: 1 }, {
    "x-own": "y",
    "content-type": "application/json",
  }]);
  assertEquals((await http.get("https://a.test/items/7")).text(), "7");
  for (let i = 0; i < 3; i++) assertEquals((await http.get("https://a.test/else")).status, 404);
  const made = await http.post("https://a.test/", { body: "sent", headers: { "X-A": "1" } });
  assertEquals([made.status, made.ok, made.text()], [201, true, "sent"]);
  const { method, url, headers, body, plugin } = http.requests.at(-1)!;
  assertEquals([method, url, headers, plugin], ["POST", "https://a.test/", { "x-a": "1" }, undefined]);
  assertEquals(body, new TextEncoder().encode("sent"));
  assertEquals(http.requests.length, 6);
});

Deno.test("a request that is not scripted is an error that says what is", async () => {
  const http = new StubHttpClient();
  const none = await assertRejects(() => http.get("https://a.test/?key=1"), HttpError);
  assertEquals(none.message, 'Cannot get "https://a.test/?…": no answer is scripted; scripted is nothing');
  http.on("GET", "https://a.test/x", {}).on("PUT", /b/, {}).on("GET", new URLPattern("https://c.test/*"), {});
  const error = await assertRejects(() => http.get("https://a.test/"), HttpError);
  assertStringIncludes(error.message, "scripted is GET https://a.test/x, PUT /b/, GET https://c.test/*");
  assertEquals([error.failure, http.requests.length], ["not_scripted", 2]);
});

Deno.test("what a script throws is what the caller gets, and an aborted call asks nothing", async () => {
  const http = new StubHttpClient().on("GET", "https://a.test/", () => {
    throw new RangeError("scripted");
  });
  await assertRejects(() => http.get("https://a.test/"), RangeError, "scripted");
  const reason = new Error("given up");
  assertEquals(await assertRejects(() => http.get("https://a.test/", { signal: AbortSignal.abort(reason) })), reason);
  assertEquals(http.requests.length, 1);
});

Deno.test("a plugin's stub is held to the manifest's hosts, and what it was asked is in the host's", async () => {
  const http = new StubHttpClient().on("GET", /./, { body: "fine" });
  const own = http[FOR_PLUGIN]({ plugin: "thing/sample", hosts: ["a.test"] });
  assertEquals((await own.get("https://a.test/")).text(), "fine");
  await assertRejects(() => own.get("https://b.test/"), Deno.errors.NotCapable, 'add "b.test:443" to hosts');
  assertEquals(http.requests.map(({ url, plugin }) => [url, plugin]), [["https://a.test/", "thing/sample"]]);
});

Deno.test("by message a stub's plugin has the same client: text, json, streams and abort", async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const http = new StubHttpClient()
    .on("PUT", "https://a.test/", ({ body, headers }) => ({ body: { sent: new TextDecoder().decode(body), headers } }))
    .on("GET", "https://a.test/slow", () => (resolve(), new Promise(() => {})));
  const { instance, wrap } = http[BY_MESSAGE]();
  const client = wrapRemote(wrap, instance as unknown as Remote) as HttpClient;
  const answer = await client.put("https://a.test/", { body: { n: 1 } });
  assertEquals(answer.json(), { sent: '{"n":1}', headers: { "content-type": "application/json" } });
  assertEquals([answer.ok, answer.text().length > 0, answer.body instanceof Uint8Array], [true, true, true]);
  const stream = ReadableStream.from([new Uint8Array([65]), new Uint8Array([66])]);
  assertEquals((await client.put("https://a.test/", { body: stream })).json<{ sent: string }>().sent, "AB");
  const controller = new AbortController();
  const slow = client.get("https://a.test/slow", controller);
  await asked;
  const reason = new Error("given up");
  controller.abort(reason);
  assertEquals(await assertRejects(() => slow), reason);
  assert(http.requests.length === 3);
});
