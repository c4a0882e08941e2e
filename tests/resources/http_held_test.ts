/** How much a plugin's requests hold of the host, and until when. */
import { assertEquals, assertRejects } from "@std/assert";
import { HttpError } from "../../src/resources/http_error.ts";
import { BY_MESSAGE, FOR_PLUGIN } from "../../src/resources/http_for_plugin.ts";
import { Holders } from "../../src/resources/http_holders.ts";
import { HostHttpClient } from "../../src/resources/http_host_client.ts";
import type { HttpService } from "../../src/resources/http_service.ts";
import { TestHost } from "../support.ts";
import { RawServer } from "./http_servers.ts";
import { plugin, until, type Way, WAYS } from "./ways.ts";

const MIB = 2 ** 20;

function serviceFor(server: RawServer): HttpService {
  const client = new HostHttpClient()[FOR_PLUGIN]({ plugin: "thing/sample", hosts: [server.host] });
  return client[BY_MESSAGE]().instance as HttpService;
}

Deno.test("requests that wait or are under way hold at most 64 MiB, and what ends makes room", async () => {
  await using silent = new RawServer(() => {});
  const url = `http://${silent.host}/`;
  const service = serviceFor(silent);
  const ended: Promise<unknown>[] = [];
  const post = (id: string, body: string | Uint8Array) =>
    ended.push(assertRejects(() => service.post(url, { id, body }, undefined), DOMException));
  for (let n = 0; n < 32; n++) post(`small ${n}`, new Uint8Array(MIB));
  await until(() => silent.connections === 32);
  post("waiting", new Uint8Array(15 * MIB));
  post("text", "x".repeat(8 * MIB)); // 63 MiB, with two bytes for each of its units
  const tooMuch = () => service.post(url, { body: new Uint8Array(MIB) }, undefined);
  const error = await assertRejects(tooMuch, HttpError, "send the body as a stream");
  assertEquals(error.failure, "too_large");
  await assertRejects(() => service.get(`${url}?${"x".repeat(MIB / 2)}`, {}, undefined), HttpError, "would be over");
  await service.cancel("waiting");
  await ended[32];
  post("instead", new Uint8Array(15 * MIB));
  await assertRejects(tooMuch, HttpError);
  service[Symbol.dispose]();
  await Promise.all(ended);
  assertEquals(silent.connections, 32);
  await assertRejects(() => service.get(url, {}, undefined), DOMException);
});

const BODY = `http: any; setup(c: any) { this.http = c.resources.http_client; }
  go(url: string) { this.http.get(url, { timeoutMs: 600_000 }).catch(() => {}); }`;

/** A decorator whose object has the methods of a client, and nothing else. */
const DECORATOR = {
  resource: "http_client",
  decorate(inner: object) {
    const call = (name: string) => (...args: unknown[]) =>
      (Reflect.get(inner, name) as (...args: unknown[]) => unknown).apply(inner, args);
    return Object.fromEntries(["get", "post", "put", "delete", "cancel"].map((name) => [name, call(name)]));
  },
};

for (const way of Object.keys(WAYS) as Way[]) {
  for (const decorators of [[], [DECORATOR]]) {
    const how = decorators.length === 0 ? "" : ", also decorated";
    Deno.test(`${way}: the host's requests end with the plugin, by reload and by teardown${how}`, async () => {
      await using silent = new WaitingServer();
      const needs =
        `[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["${silent.host}"]`;
      await using host = await TestHost.start(plugin(BODY, needs, way), WAYS[way], {
        decorators,
        resources: { http_client: new HostHttpClient({ retry: { attempts: 0 } }) },
      });
      for (const end of [() => host.registry.reload("thing", "sample"), () => host.registry.teardownAll()]) {
        await host.plugin().go!(`http://${silent.host}/`);
        await until(() => silent.open === 1);
        await end();
        await until(() => silent.open === 0);
      }
    });
  }
}

Deno.test("the host's requests end with the plugin's process when that ends by itself", async () => {
  await using silent = new WaitingServer();
  const needs =
    `[plugin.resources]\nrequired = ["http_client"]\n[plugin.resources.http_client]\nhosts = ["${silent.host}"]`;
  const body = `${BODY}\n  die() { Deno.exit(3); }`;
  await using host = await TestHost.start(plugin(body, needs, "process"), WAYS.process, {
    resources: { http_client: new HostHttpClient({ retry: { attempts: 0 } }) },
  });
  const { go, die } = host.plugin();
  await go!(`http://${silent.host}/`);
  await until(() => silent.open === 1);
  await assertRejects(() => die!());
  await until(() => silent.open === 0);
});

Deno.test("what several hold ends with the last of them, once", () => {
  let ends = 0;
  const holders = new Holders({ [Symbol.dispose]: () => ends++ });
  const [first, second] = [holders.hold(), holders.hold()];
  first();
  first();
  assertEquals(ends, 0);
  second();
  second();
  assertEquals(ends, 1);
});

/** A server that never answers, and knows who still waits. */
class WaitingServer implements AsyncDisposable {
  /** How many connections are open. */
  open = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #work = this.#serve();

  /** Its host. */
  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async #serve(): Promise<void> {
    const reading: Promise<void>[] = [];
    for await (const connection of this.#listener) reading.push(this.#read(connection));
    await Promise.all(reading);
  }

  async #read(connection: Deno.TcpConn): Promise<void> {
    this.open++;
    this.#connections.add(connection);
    const part = new Uint8Array(1024);
    while (await connection.read(part).catch(() => null) !== null);
    this.open--;
    if (this.#connections.delete(connection)) connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
    await this.#work;
  }
}
