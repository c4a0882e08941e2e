/** Resources of the host's own: streams, abort, the end of their use; the same in every place a plugin's code can be in. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { currentCall, PluginContext, PluginRegistryError, ResourceRegistry } from "@dagstack/plugin-system";
import { manifestText, TestHost } from "../support.ts";
import { plugin, until, type Way, WAYS } from "./ways.ts";

const NEEDS = '[plugin.resources]\nrequired = ["host", "clock", "env"]';

for (const way of Object.keys(WAYS) as Way[]) {
  const start = (body: string, host: object) =>
    TestHost.start(
      plugin(`r: any; setup(c: any) { this.r = c.resources; }\n${body}`, NEEDS, way),
      WAYS[way],
      { resources: { host } },
    );

  Deno.test(`${way}: JSON values and bytes cross, and a class with private fields keeps them`, async () => {
    class Echo {
      #calls = 0;
      async echo(value: unknown) {
        await Promise.resolve();
        return { value, calls: ++this.#calls };
      }
    }
    await using host = await start("echo(v: unknown) { return this.r.host.echo(v); }", new Echo());
    const bytes = { deep: [new Uint8Array([1, 2]), null, "ü"] };
    assertEquals(await host.plugin().echo!(bytes), { value: bytes, calls: 1 });
    assertEquals(await host.plugin().echo!(null), { value: null, calls: 2 });
  });

  Deno.test(`${way}: a stream of the host's is pulled as it is read, and ended when its reader stops`, async () => {
    let given = 0;
    let ended = false;
    const numbers = {
      async *count() {
        try {
          for (;;) yield { n: given++, by: currentCall()?.metadata.tenant_id ?? null };
        } finally {
          ended = true;
        }
      },
    };
    await using host = await start(
      `async take(count: number) {
        const taken: unknown[] = [];
        for await (const one of await this.r.host.count()) { taken.push(one); if (taken.length === count) break; }
        return taken;
      }`,
      numbers,
    );
    const call = { metadata: { tenant_id: "acme" } };
    const taken = await host.registry.call("thing", "sample", "take", [3], call);
    assertEquals(taken, [0, 1, 2].map((n) => ({ n, by: "acme" })));
    await until(() => ended);
    assert(given < 100_000, `${given} were made for three`);
  });

  Deno.test(`${way}: a stream of the plugin's can be an argument, read by the host as it likes`, async () => {
    const sums = {
      async sum(numbers: AsyncIterable<number>, most: number) {
        let sum = 0;
        for await (const n of numbers) if ((sum += n) >= most) break;
        return sum;
      },
    };
    await using host = await start(
      `async sum(most: number) {
        let given = 0;
        async function* ones() { for (;;) { given++; yield 1; } }
        return [await this.r.host.sum(ones(), most), given < 100_000];
      }`,
      sums,
    );
    assertEquals(await host.plugin().sum!(5), [5, true]);
  });

  Deno.test(`${way}: a method knows which plugin calls it, what that carries, and when to stop, also after awaits`, async () => {
    const seen: unknown[] = [];
    const aborted = Promise.withResolvers<unknown>();
    const slow = {
      async who() {
        await Promise.resolve();
        const { plugin, metadata } = currentCall()!;
        seen.push([plugin, metadata]);
      },
      async wait() {
        const { signal } = currentCall()!;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        aborted.resolve(signal.reason);
      },
    };
    await using host = await start("who() { return this.r.host.who(); } wait() { return this.r.host.wait(); }", slow);
    await host.plugin().who!();
    await host.registry.call("thing", "sample", "who", [], { metadata: { tenant_id: "acme" } });
    assertEquals(seen, [["thing/sample", {}], ["thing/sample", { tenant_id: "acme" }]]);
    assertEquals(currentCall(), undefined);
    const controller = new AbortController();
    const waiting = host.registry.call("thing", "sample", "wait", [], { signal: controller.signal });
    waiting.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
    assert(await aborted.promise instanceof Error);
  });

  Deno.test(`${way}: a plugin uses its resources until its teardown is done, and no longer`, async () => {
    const calls: string[] = [];
    const seen = { stopped: false, ended: false };
    const resource = {
      note: (what: string) => void calls.push(what),
      async hold() {
        const { signal } = currentCall()!;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        seen.stopped = true;
      },
      async *endless() {
        try {
          for (;;) {
            yield 1;
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          seen.ended = true;
        }
      },
    };
    await using host = await start(
      `begin() {
        this.r.host.hold().catch(() => {});
        const use = async () => { for await (const _ of await this.r.host.endless()); };
        use().catch(() => {});
        return this.r.host.note("begin");
      }
      async teardown() { await this.r.host.note("teardown"); setTimeout(() => this.r.host.note("late").catch(() => {}), 1); }`,
      resource,
    );
    await host.plugin().begin!();
    await host.registry.teardownAll();
    await until(() => seen.stopped && seen.ended);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const expected = way.endsWith("pool") ? ["begin", "teardown", "teardown"] : ["begin", "teardown"];
    assertEquals(calls, expected);
  });
}

Deno.test("in a group and without a sandbox, where the code lives on, every resource says that the plugin is torn down", async () => {
  const errors: string[] = [];
  const files = {
    ...plugin(
      `r: any; setup(c: any) { this.r = c.resources; }
      async teardown() {
        const { host, clock, env, http_client } = this.r;
        (globalThis as any).later = async () => {
          const tell = async (work: () => unknown) => { try { return String(await work()); } catch (e) { return (e as Error).message; } };
          return [
            await tell(() => host.note()), await tell(() => host.note().catch((e: Error) => "rejected: " + e.message)),
            await tell(() => http_client.get("http://x/").catch((e: Error) => "rejected: " + e.message)),
            await tell(() => clock.now()), await tell(() => env.get("A")),
          ];
        };
      }`,
      '[plugin.resources]\nrequired = ["host", "clock", "env", "http_client"]',
      "group",
    ),
    "other/dagstack.toml": manifestText({ name: '"other"', depends_on: "[]" }),
    "other/plugin.ts": "export class Sample { ask() { return (globalThis as any).later(); } }",
  };
  const away = 'Cannot use plugin "thing/sample": it is torn down';
  const resources = { host: { note: () => void errors.push("called") } };
  for (const options of [WAYS.group, { sandbox: "none" as const, trusted: ["thing/sample", "thing/other"] }]) {
    await using host = await TestHost.start(files, options, { resources });
    // A reload tears the instance down and leaves the isolate as it is.
    await host.registry.reload("thing", "sample");
    assertEquals(await host.plugin("thing/other").ask!(), [away, `rejected: ${away}`, `rejected: ${away}`, away, away]);
  }
  assertEquals(errors, []);
});

Deno.test("what cannot be offered to plugins is told where it is registered, with what would mend it", () => {
  class Getters {
    get now() {
      return 1;
    }
  }
  const hostile = new Proxy({}, {
    getPrototypeOf() {
      throw new RangeError("do not look");
    },
    ownKeys() {
      throw new RangeError("do not look");
    },
  });
  const rows: [resource: unknown, message: string][] = [
    [null, "it is null, and a resource is an object with methods"],
    [5, "it is number"],
    [
      () => 5,
      "it is a function, and a resource is an object with methods; register an instance, or { call: … } around it",
    ],
    [Getters, "it is a function"],
    [Promise.resolve({ get() {} }), "it is a promise; await it first"],
    [{}, "it has no methods that can be listed"],
    [{ a: 1 }, "it has no methods that can be listed"],
    [
      new Getters(),
      "it has getters and no methods, and only methods can be called over messages; make methods of them",
    ],
    [hostile, "looking at its methods throws RangeError: do not look; register a plain object or a class instance"],
  ];
  for (const [resource, message] of rows) {
    for (
      const register of [
        () => new ResourceRegistry().register("db", resource),
        () => new PluginContext({ resources: { db: resource } }),
      ]
    ) {
      const error = assertThrows(register, PluginRegistryError);
      assertStringIncludes(error.message, `Cannot register resource "db": ${message}`);
    }
  }
});

Deno.test("a synchronous clock or rng of the host's own is refused outside sandbox none when the plugin starts", async () => {
  const resources = { clock: { now: () => new Date(5), monotonicNs: () => 5n } };
  const files = (way: Way) =>
    plugin(
      "r: any; setup(c: any) { this.r = c.resources; } now() { return this.r.clock.now().getTime(); }",
      '[plugin.resources]\nrequired = ["clock"]',
      way,
    );
  for (const way of ["process", "worker", "group"] as const) {
    await using host = await TestHost.start(files(way), WAYS[way], { resources });
    const { message } = host.reason()!;
    assertStringIncludes(message, 'resource "clock" cannot be offered to a sandbox: its methods are synchronous');
    assertStringIncludes(message, 'such as SystemClock, or run the plugin with sandbox "none"');
  }
  await using host = await TestHost.start(files("none"), WAYS.none, { resources });
  assertEquals(await host.plugin().now!(), 5);
});
