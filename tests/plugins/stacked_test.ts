/** Both plugins of `plugins/` that are middleware, and one of the test's own between them and inside. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { verifyChain } from "../../plugins/audit-log/verify_chain.ts";
import { manifestText } from "../support.ts";
import { atOnce, MemorySink, SANDBOXES, startMiddlewareHost } from "./middleware_host.ts";

/** Middleware that says when it is entered and left, and refuses what it is told to. */
function tracer(name: string, priority: number): Record<string, string> {
  return {
    [`${name}/dagstack.toml`]: manifestText(
      { name: `"${name}"`, kind: '"tracer"', priority: `${priority}`, execution_model: '"async"' },
      '[plugin.chain_wrap]\nkinds = ["thing"]\n[plugin.resources]\nrequired = ["trace"]\n',
    ),
    [`${name}/plugin.ts`]: `export class Sample {
  setup(context) { this.trace = context.resources.trace; }
  async wrap(call, next) {
    await this.trace.say("> ${name} " + Object.keys(call.metadata).sort());
    try {
      if (call.args[0] === "refuse ${name}") throw Object.assign(new Error("not here"), { code: "NotHere", refused: true });
      return await next({ metadata: { ...call.metadata, "${name}": true } });
    } finally {
      await this.trace.say("< ${name}");
    }
  }
}`,
  };
}

const LIMITS = [{ kind: "thing", per: "tenant_id", max: 5, window_sec: 3600 }];

async function start(sandbox: "process" | "none", limits = LIMITS) {
  const sink = new MemorySink();
  const said: string[] = [];
  const host = await startMiddlewareHost({
    plugins: ["audit-log", "quota"],
    sandbox,
    config: { quota: { limits, count_failed: false } },
    resources: { audit_sink: sink, trace: { say: (text: string) => void said.push(text) } },
    files: { ...tracer("inner", 1000), ...tracer("outer", 9999), ...tracer("between", 7000) },
  });
  const as = (hook: string, ...args: unknown[]) =>
    host.registry.call("thing", "sample", hook, args, { metadata: { tenant_id: "acme" } });
  return { host, sink, said, as };
}

for (const sandbox of SANDBOXES) {
  Deno.test(`in sandbox ${sandbox} middleware wraps by priority, each sees what those outside added, and unwinds on a throw`, async () => {
    const { host, sink, said, as } = await start(sandbox);
    await using _host = host;
    assertEquals(Object.keys(await as("metadata") as object).sort(), [
      "between",
      "inner",
      "outer",
      "quota_budget",
      "tenant_id",
    ]);
    const way = [
      "> outer tenant_id",
      "> between outer,tenant_id",
      "> inner between,outer,quota_budget,tenant_id",
      "< inner",
      "< between",
      "< outer",
    ];
    assertEquals(said.splice(0), way);
    await assertRejects(() => as("fail", "broken"), RangeError, "broken");
    assertEquals(said, way);
    assertEquals(sink.story, ["begin metadata", "end metadata ok", "begin fail", "end fail error"]);
  });

  Deno.test(`in sandbox ${sandbox} a refusal inside reaches the caller with its code; the plugin is not called, and the log says so`, async () => {
    const { host, sink, said, as } = await start(sandbox);
    {
      await using _host = host;
      const error = await assertRejects(() => as("echo", "refuse inner"), Error, "not here");
      assertEquals(Reflect.get(error, "code"), "NotHere");
      assertEquals(said.slice(-3), ["< inner", "< between", "< outer"]);
      assertEquals(sink.records.at(-1)!.error, { name: "Error", code: "NotHere" });
      for (let i = 0; i < 5; i++) await as("echo", i); // that one took no place: count_failed is false
      const full = await assertRejects(() => as("echo", 5), Error, "5 of 5 calls");
      assertEquals(Reflect.get(full, "code"), "QuotaExceeded");
      assertEquals(said.slice(-4), ["> outer tenant_id", "> between outer,tenant_id", "< between", "< outer"]);
      assertEquals(sink.records.at(-1)!.error, { name: "QuotaExceeded", code: "QuotaExceeded" });
      assertEquals(sink.story.slice(-1), ["end echo refused"]);
      const { length } = sink.lines;
      await assertRejects(() => as("echo", "refuse outer"), Error, "not here");
      assertEquals(sink.lines.length, length); // refused outside of the log
      assertEquals(await host.registry.call("thing", "sample", "count", []), 5);
    }
    assertEquals((await verifyChain(sink.lines)).problems, []);
  });

  Deno.test(`in sandbox ${sandbox} 200 calls at once through all of it: the quota is exact, and the log holds them all`, async () => {
    const { host, sink, as } = await start(sandbox, [{ ...LIMITS[0]!, max: 120 }]);
    {
      await using _host = host;
      const given = await atOnce(200, (i) => as("echo", i));
      assertEquals(given.filter(({ status }) => status === "fulfilled").length, 120);
      for (const [i, one] of given.entries()) {
        assert(one.status === "fulfilled" ? one.value === i : one.reason.code === "QuotaExceeded");
      }
    }
    const report = await verifyChain(sink.lines);
    assertEquals([report.problems, report.records, report.unfinished], [[], 401, []]);
    assertEquals(sink.story.filter((text) => text === "end echo ok").length, 120);
    assertEquals(sink.story.filter((text) => text === "end echo refused").length, 80);
  });
}
