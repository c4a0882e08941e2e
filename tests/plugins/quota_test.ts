/** `plugins/quota` around real plugins, in a process and without a sandbox; time is a manual clock where it passes. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadManifest, runContractSuite } from "@dagstack/plugin-system";
import { Quota } from "../../plugins/quota/plugin.ts";
import { atOnce, manifestPath, ManualClock, SANDBOXES, startMiddlewareHost } from "./middleware_host.ts";

/** A limit of three calls an hour for each tenant. */
const LIMIT = { kind: "thing", per: "tenant_id", max: 3, window_sec: 3600 };

/** A host with limits, and a way to call as somebody. */
async function start(config: Record<string, unknown>, sandbox: "process" | "none" = "process", clock?: ManualClock) {
  const host = await startMiddlewareHost({
    plugins: ["quota"],
    sandbox,
    config: { quota: config },
    resources: clock === undefined ? {} : { clock },
  });
  const as = (metadata: Record<string, string>, hook = "echo", ...args: unknown[]) =>
    host.registry.call("thing", "sample", hook, args, { metadata });
  return { host, as, of: (tenant_id: string) => as({ tenant_id }) };
}

/** What a refusal says. */
async function refusal(call: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await assertRejects(call, Error, "Cannot call");
  const { code, retry_after_ms, limit, name } = error as unknown as Record<string, unknown>;
  return { code, retry_after_ms, limit, name };
}

for (const sandbox of SANDBOXES) {
  Deno.test(`in sandbox ${sandbox} of 200 calls at once exactly so many pass as the limit says`, async () => {
    const { host, of } = await start({ limits: [{ ...LIMIT, max: 70 }] }, sandbox);
    await using _host = host;
    const given = await atOnce(200, () => of("acme"));
    const refused = given.filter((one) => one.status === "rejected");
    assertEquals([given.length - refused.length, await host.plugin("middleware/quota").usage!({ tenant_id: "acme" })], [
      70,
      [{ limit: { ...LIMIT, max: 70 }, used: 70, remaining: 0 }],
    ]);
    for (const { reason } of refused) assertEquals(reason.code, "QuotaExceeded");
  });

  Deno.test(`in sandbox ${sandbox} a refusal reaches the caller with its code, when to come again, and the limit`, async () => {
    const { host, of } = await start({ limits: [LIMIT] }, sandbox);
    await using _host = host;
    await atOnce(3, () => of("acme"));
    const { retry_after_ms, ...rest } = await refusal(() => of("acme"));
    assertEquals(rest, { code: "QuotaExceeded", name: "QuotaExceeded", limit: LIMIT });
    assert(Number.isInteger(retry_after_ms) && (retry_after_ms as number) > 0, `${retry_after_ms}`);
    assert((retry_after_ms as number) <= 3_600_000, `${retry_after_ms}`);
    await of("other"); // has its own
  });

  Deno.test(`in sandbox ${sandbox} the plugin sees what is left, beside what the call carries`, async () => {
    const { host, as } = await start({ limits: [LIMIT, { ...LIMIT, per: "none", max: 2 }] }, sandbox);
    await using _host = host;
    const metadata = { tenant_id: "acme", request_id: "r-1" };
    assertEquals(await as(metadata, "metadata"), {
      ...metadata,
      quota_budget: { remaining: 1, max: 2, window_sec: 3600, per: "none" },
    });
    assertEquals(Reflect.get(await as(metadata, "metadata") as object, "quota_budget"), {
      remaining: 0,
      max: 2,
      window_sec: 3600,
      per: "none",
    });
  });

  Deno.test(`in sandbox ${sandbox} calls that fail count, unless count_failed is false`, async () => {
    for (const count_failed of [true, false]) {
      const { host, of, as } = await start({ limits: [LIMIT], count_failed }, sandbox);
      await using _host = host;
      await atOnce(3, () => as({ tenant_id: "acme" }, "fail", "broken"));
      const given = await atOnce(5, () => of("acme"));
      assertEquals(given.filter(({ status }) => status === "fulfilled").length, count_failed ? 0 : 3);
    }
  });
}

Deno.test("the window slides: no window holds more than the limit, and a place is free when its call has left", async () => {
  const clock = new ManualClock();
  const { host, of } = await start({ limits: [{ ...LIMIT, window_sec: 60 }] }, "none", clock);
  await using _host = host;
  for (const ms of [0, 20_000, 20_000]) {
    clock.ms += ms;
    await of("acme");
  }
  assertEquals((await refusal(() => of("acme"))).retry_after_ms, 20_000);
  clock.ms += 19_999;
  assertEquals((await refusal(() => of("acme"))).retry_after_ms, 1);
  clock.ms += 1;
  await of("acme"); // the first has left
  assertEquals((await refusal(() => of("acme"))).retry_after_ms, 20_000);
});

Deno.test("no window holds more than the limit, whenever calls come", async () => {
  const clock = new ManualClock();
  const windowMs = 64_000;
  const { host, of } = await start({ limits: [{ ...LIMIT, max: 20, window_sec: windowMs / 1000 }] }, "none", clock);
  await using _host = host;
  const passed: number[] = [];
  let seed = 7;
  for (let i = 0; i < 2_000; i++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    clock.ms += seed % (i % 100 < 50 ? 300 : 1_500); // bursts, and calmer times, never so calm that all is forgotten
    await of("acme").then(() => passed.push(clock.ms), () => {});
  }
  assert(passed.length > 200, `${passed.length}`);
  const worst = Math.max(...passed.map((end) => passed.filter((at) => at > end - windowMs && at <= end).length));
  assertEquals(worst, 20);
});

Deno.test("who has no tenant is counted apart, and names that look alike are different", async () => {
  const { host, as, of } = await start({ limits: [{ ...LIMIT, max: 1 }] });
  await using _host = host;
  await as({ actor: "ann" });
  assertEquals((await refusal(() => as({ actor: "bob" }))).code, "QuotaExceeded");
  for (const tenant of ["", "null", "undefined", "none", "__proto__"]) await of(tenant);
});

Deno.test("a limit counts the hooks of its kind together, by actor or hook too, in either way of writing", async () => {
  const { host, as } = await start({
    limits: [{ kind: "*", hook: "echo", per: "actor", max: 1, window_sec: 3600 }, {
      kind: "other",
      per: "none",
      max: 1,
      window_sec: 3600,
    }],
  });
  await using _host = host;
  await as({ actor: "ann" });
  await as({ actor: "bob" });
  assertEquals((await refusal(() => as({ actor: "ann" }))).code, "QuotaExceeded");
  for (let i = 0; i < 3; i++) await as({ actor: "ann" }, "count");
});

Deno.test("a call that one limit refuses takes no place of another", async () => {
  const { host, of } = await start({ limits: [{ ...LIMIT, per: "none", max: 5 }, { ...LIMIT, max: 1 }] });
  await using _host = host;
  await of("a");
  await atOnce(10, () => of("a"));
  const usages = await host.plugin("middleware/quota").usage!({ tenant_id: "a" }) as { used: number }[];
  assertEquals(usages.map(({ used }) => used), [1, 1]);
});

Deno.test("tenants are forgotten when their window is over; a new one that finds no room waits, and resets nobody", async () => {
  const clock = new ManualClock();
  const { host, of } = await start({ limits: [{ ...LIMIT, max: 1, window_sec: 60 }], max_keys: 2 }, "none", clock);
  await using _host = host;
  await of("a");
  clock.ms += 10_000;
  await of("b");
  assertEquals((await refusal(() => of("c"))).retry_after_ms, 50_000);
  assertEquals((await refusal(() => of("a"))).code, "QuotaExceeded");
  clock.ms += 50_000;
  await of("c"); // in the place of a
  assertEquals((await refusal(() => of("b"))).code, "QuotaExceeded");
});

Deno.test("a name that is too long is refused, for nobody may fill the memory", async () => {
  const { host, of } = await start({ limits: [LIMIT] });
  await using _host = host;
  await assertRejects(() => of("x".repeat(600)), RangeError, "its tenant_id is longer than 512 characters");
});

Deno.test("without limits nothing is limited, and the log says so", async () => {
  const { host, of } = await start({});
  await using _host = host;
  const given = await atOnce(50, () => of("a"));
  assert(given.every(({ status }) => status === "fulfilled"));
  assertStringIncludes(host.logger.messages("warn").join(), "no limits are configured");
});

Deno.test("a limit that cannot be read lets no call through", async () => {
  for (const limit of [{ ...LIMIT, max: "3" }, { ...LIMIT, per: "tenant" }, { ...LIMIT, maximum: 3 }, { kind: "a" }]) {
    const { host, of } = await start({ limits: [limit] });
    await using _host = host;
    assertEquals(host.reason("middleware/quota")?.code, "ConfigInvalid");
    assertEquals((await assertRejects(() => of("a")) as { code?: string }).code, "PluginUnavailable");
  }
});

Deno.test("the quota passes the contract suite", async () => {
  const manifest = await loadManifest(manifestPath("quota"));
  const result = await runContractSuite({ pluginClass: Quota, manifest });
  assert(result.ok, result.formatFailures());
  assertEquals(result.inconclusive, []);
});
