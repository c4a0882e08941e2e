/** One call of the client against servers that are slow, drop the connection, or never end. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { FetchHttpClient, type FetchHttpClientOptions } from "../../src/resources/mod.ts";
import { HttpError } from "../../src/resources/http_error.ts";
import { CountingServer, RawServer } from "./http_servers.ts";

const ONCE: FetchHttpClientOptions = { retry: { attempts: 0 } };
const QUICK = { attempts: 2, backoffMs: 1 };

async function failure(work: () => Promise<unknown>): Promise<HttpError> {
  return await assertRejects(work, HttpError);
}

Deno.test("a body, headers and the method reach the server, and its answer comes back", async () => {
  await using server = new CountingServer(async (request) =>
    Response.json({
      body: await request.text(),
      type: request.headers.get("content-type"),
      own: request.headers.get("x-own"),
    })
  );
  const client = new FetchHttpClient({ headers: { "x-own": "host", "x-all": "host" } });
  const answer = await client.post(server.at("/a?b=1"), { body: { n: 1 }, headers: { "X-Own": "plugin" } });
  assertEquals(answer.json(), { body: '{"n":1}', type: "application/json", own: "plugin" });
  assertEquals(server.headers[0]!.get("x-all"), "host");
  assertEquals([answer.status, answer.ok, answer.url], [200, true, server.at("/a?b=1")]);
  const stream = (async function* () {
    yield new TextEncoder().encode("par");
    yield new TextEncoder().encode("ts");
  })();
  assertEquals((await client.put(server.at(), { body: stream })).json<{ body: string }>().body, "parts");
  assertEquals((await client.delete(server.at(), { body: new Uint8Array([65]) })).json<{ body: string }>().body, "A");
  assertEquals(server.seen, ["POST /a?b=1", "PUT /", "DELETE /"]);
});

Deno.test("a status is an answer, and no error", async () => {
  await using server = new CountingServer(() => new Response("no", { status: 404 }));
  const answer = await new FetchHttpClient().get(server.at());
  assertEquals([answer.status, answer.ok, answer.text()], [404, false, "no"]);
});

for (
  const [where, answer, phase] of [
    ["before the headers", () => {}, "waiting for an answer"],
    [
      "inside the body",
      (write: (text: string) => Promise<void>) => write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"),
      "reading the body",
    ],
  ] as const
) {
  Deno.test(`a server that is silent ${where} is given up at the limit, which is named`, async () => {
    await using server = new RawServer(answer);
    const url = `http://user:password@${server.host}/path?token=secret`;
    const error = await failure(() => new FetchHttpClient().get(url, { timeoutMs: 100 }));
    assertEquals(error.failure, "timeout");
    assertEquals(error.code, "HttpError");
    assertStringIncludes(
      error.message,
      `Cannot get "http://${server.host}/path?…": no whole answer within 100 ms (timeoutMs of the request)`,
    );
    assertStringIncludes(error.message, phase);
    const own = await failure(() => new FetchHttpClient({ timeoutMs: 100 }).get(url));
    assertStringIncludes(own.message, "timeoutMs of the host's http_client");
    assertEquals(server.connections, 2, "a timeout is not tried again");
  });

  Deno.test(`a call to a server that is silent ${where} is aborted by its signal`, async () => {
    await using server = new RawServer(answer);
    const controller = new AbortController();
    const reason = new Error("not wanted any more");
    setTimeout(() => controller.abort(reason), 50);
    const error = await assertRejects(() => new FetchHttpClient().get(`http://${server.host}/`, controller));
    assertEquals(error, reason);
    await assertRejects(() => new FetchHttpClient().get(`http://${server.host}/`, controller), Error, reason.message);
    assertEquals(server.connections, 1);
  });
}

for (
  const [where, answer, told] of [
    ["before an answer", (_: unknown, close: () => void) => close(), "dropped before an answer came"],
    [
      "inside the body",
      async (write: (text: string) => Promise<void>, close: () => void) => {
        await write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
        close();
      },
      "dropped before the body was whole",
    ],
    [
      "inside a chunk",
      async (write: (text: string) => Promise<void>, close: () => void) => {
        await write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc");
        close();
      },
      "dropped before the body was whole",
    ],
  ] as const
) {
  Deno.test(`a connection dropped ${where} is tried again for all but POST, and half an answer is none`, async () => {
    await using server = new RawServer(answer);
    const client = new FetchHttpClient({ retry: QUICK });
    const url = `http://${server.host}/?token=secret`;
    for (const [method, tries] of [["get", 3], ["put", 3], ["delete", 3], ["post", 1]] as const) {
      const before = server.connections;
      const error = await failure(() => client[method](url));
      assertEquals(error.failure, "dropped");
      assertStringIncludes(error.message, told);
      assertEquals(server.connections - before, tries, method);
      assertEquals(error.message.includes(`(attempt ${tries} of ${tries})`), tries > 1);
      assert(!Deno.inspect(error).includes("secret"), Deno.inspect(error));
    }
  });
}

Deno.test("what comes after a dropped connection is the answer", async () => {
  await using server = new RawServer(async (write, close, nth) => {
    if (nth === 2) await write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    close();
  });
  assertEquals((await new FetchHttpClient({ retry: QUICK }).get(`http://${server.host}/`)).text(), "ok");
  assertEquals(server.connections, 3);
});

Deno.test("a body without end is cut off at the limit, also when it comes compressed", async () => {
  await using endless = new CountingServer(() =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }))
  );
  const client = new FetchHttpClient({ maxResponseBytes: 1_000_000 });
  const error = await failure(() => client.get(endless.at()));
  assertEquals(error.failure, "too_large");
  assertStringIncludes(error.message, "over 1000000 bytes (maxResponseBytes of the host's http_client)");
  assertEquals(endless.seen.length, 1, "it is not asked again");

  const zeros = new Blob([new Uint8Array(5_000_000)]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(zeros).arrayBuffer());
  await using bomb = new CountingServer(() => new Response(packed, { headers: { "content-encoding": "gzip" } }));
  assert(packed.length < 10_000);
  assertEquals((await failure(() => client.get(bomb.at()))).failure, "too_large");

  await using exact = new CountingServer(() => new Response(new Uint8Array(1_000_000)));
  assertEquals((await client.get(exact.at())).body.length, 1_000_000);
});

for (const status of [429, 502, 503, 504]) {
  Deno.test(`status ${status} is tried again for all but POST and streams, and then is the answer`, async () => {
    await using server = new CountingServer((_, { seen }) =>
      seen.length % 3 === 0 ? new Response("ok") : new Response("later", { status })
    );
    assertEquals((await new FetchHttpClient({ retry: QUICK }).get(server.at())).text(), "ok");
    assertEquals(server.seen.length, 3);
    const less = new FetchHttpClient({ retry: { attempts: 1, backoffMs: 1 } });
    assertEquals((await less.put(server.at(), { body: "x" })).text(), "later");
    assertEquals(server.seen.length, 5);
    await less.get(server.at());
    assertEquals((await new FetchHttpClient({ retry: QUICK }).post(server.at())).status, status);
    assertEquals(server.seen.length, 7);
    const body = ReadableStream.from([new Uint8Array([1])]);
    assertEquals((await new FetchHttpClient({ retry: QUICK }).put(server.at(), { body })).status, status);
    assertEquals(server.seen.length, 8);
  });
}

Deno.test("other statuses are not tried again", async () => {
  for (const status of [200, 400, 404, 408, 500, 501]) {
    await using server = new CountingServer(() => new Response("", { status }));
    assertEquals((await new FetchHttpClient({ retry: QUICK }).get(server.at())).status, status);
    assertEquals(server.seen.length, 1);
  }
});

Deno.test("Retry-After is waited for, unless it is longer than any wait may be", async () => {
  const moments: number[] = [];
  await using server = new CountingServer((_, { seen }) => {
    moments.push(performance.now());
    const after = seen.length === 1 ? "1" : "60";
    return new Response("", { status: 503, headers: { "retry-after": after } });
  });
  const answer = await new FetchHttpClient({ retry: { attempts: 5, backoffMs: 1 } }).get(server.at());
  assertEquals([answer.status, answer.headers["retry-after"]], [503, "60"]);
  assertEquals(moments.length, 2);
  assert(moments[1]! - moments[0]! >= 950, "it was asked before the time that it named");
});

Deno.test("no wait outlives the call: what would be too late is not begun", async () => {
  await using server = new CountingServer(() => new Response("", { status: 503, headers: { "retry-after": "5" } }));
  const answer = await new FetchHttpClient({ timeoutMs: 2_000, retry: { maxBackoffMs: 10_000 } }).get(server.at());
  assertEquals([answer.status, server.seen.length], [503, 1]);
});

Deno.test("a call is aborted while it waits to try again", async () => {
  await using server = new CountingServer(() => new Response("", { status: 503, headers: { "retry-after": "5" } }));
  const signal = AbortSignal.timeout(50);
  await assertRejects(() => new FetchHttpClient({ retry: { attempts: 9 } }).get(server.at(), { signal }), DOMException);
  assertEquals(server.seen.length, 1);
});

Deno.test("nobody there, what is no HTTP, and URLs that are none have their own errors", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const client = new FetchHttpClient(ONCE);
  const nobody = await failure(() => client.get(`http://127.0.0.1:${port}/`));
  assertEquals(nobody.failure, "connect");
  assertStringIncludes(nobody.message, `no connection to 127.0.0.1:${port}`);
  await using server = new RawServer(async (write, close) => {
    await write("220 mail.example.com ESMTP\r\n\r\n");
    close();
  });
  assertEquals((await failure(() => client.get(`http://${server.host}/`))).failure, "not_http");
  await assertRejects(() => client.get("/relative?token=secret"), TypeError, "its URL is no absolute URL");
  await assertRejects(() => client.get("file:///etc/passwd"), TypeError, "only http: and https:");
  await assertRejects(() => client.get(`http://${server.host}/`, { timeoutMs: 0 }), RangeError, "timeoutMs");
  await assertRejects(() => client.post(`http://${server.host}/`, { body: () => {} }), TypeError, "of type function");
});

Deno.test("settings that are none are refused when the client is made", () => {
  const wrong: [FetchHttpClientOptions, string][] = [
    [{ timeoutMs: Infinity }, "timeoutMs"],
    [{ timeoutMs: 0 }, "timeoutMs"],
    [{ maxResponseBytes: -1 }, "maxResponseBytes"],
    [{ maxResponseBytes: NaN }, "maxResponseBytes"],
    [{ retry: { attempts: 1.5 } }, "retry.attempts"],
    [{ retry: { backoffMs: -1 } }, "retry.backoffMs"],
    [{ retry: { maxBackoffMs: Infinity } }, "retry.maxBackoffMs"],
    [{ caCerts: ["/etc/ca.pem"] }, "caCerts"],
    [{ hosts: ["http://a.b/"] }, "no host"],
  ];
  for (const [options, named] of wrong) assertThrows(() => new FetchHttpClient(options), RangeError, named);
  assertThrows(() => new FetchHttpClient({ headers: { "a b": "c" } }), TypeError);
});
