/** `plugins/audit-log` around real plugins, in a process and without a sandbox. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadManifest, runContractSuite } from "@dagstack/plugin-system";
import { AuditLog } from "../../plugins/audit-log/plugin.ts";
import { verifyChain } from "../../plugins/audit-log/verify_chain.ts";
import { atOnce, LastingSink, manifestPath, MemorySink, SANDBOXES, startMiddlewareHost } from "./middleware_host.ts";

const plugins = ["audit-log"];

/** A host with a sink. */
async function start(
  sandbox: "process" | "none" = "process",
  config: Record<string, unknown> = {},
  audit_sink: MemorySink = new MemorySink(),
) {
  const host = await startMiddlewareHost({
    plugins,
    sandbox,
    config: { "audit-log": config },
    resources: { audit_sink },
  });
  return { host, sink: audit_sink, sample: host.plugin() };
}

for (const sandbox of SANDBOXES) {
  Deno.test(`in sandbox ${sandbox} a call leaves who, what, how it ended and a digest, and never its arguments`, async () => {
    const { host, sink } = await start(sandbox);
    {
      await using _host = host;
      const metadata = {
        tenant_id: "acme",
        actor: "ann",
        request_id: "r-1",
        trace_context: { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
      };
      const args = [{ b: "secret-word", a: [1, null] }];
      assertEquals(await host.registry.call("thing", "sample", "echo", args, { metadata }), args[0]);
      const [begin, end] = sink.records;
      const { sequence, previous, hash, type, time, call, duration_ms, ...rest } = end!;
      const digest = await crypto.subtle.digest(
        "SHA-256",
        new TextEncoder().encode('[{"a":[1,null],"b":"secret-word"}]'),
      );
      assertEquals(rest, {
        kind: "thing",
        plugin: "sample",
        hook: "echo",
        tenant_id: "acme",
        actor: "ann",
        request_id: "r-1",
        trace: metadata.trace_context.traceparent,
        args: { sha256: new Uint8Array(digest).toHex(), bytes: 34 },
        outcome: "ok",
      });
      assertEquals([begin!.type, type, sequence, previous, call, time], [
        "begin",
        "end",
        2,
        begin!.hash,
        begin!.call,
        begin!.time,
      ]);
      assert(typeof duration_ms === "number" && duration_ms >= 0 && typeof hash === "string");
      assert(!sink.lines.join().includes("secret-word"));
    }
    assertEquals(sink.story.at(-1), "close");
    const report = await verifyChain(sink.lines);
    assertEquals([report.problems, report.records, report.closed], [[], 3, true]);
  });

  Deno.test(`in sandbox ${sandbox} 200 calls at once are recorded in an order that verifies, none lost`, async () => {
    const { host, sink, sample } = await start(sandbox);
    {
      await using _host = host;
      const given = await atOnce(200, (i) => i % 5 === 4 ? sample.fail!(`no ${i}`) : sample.echo!(i));
      assertEquals(
        given.map((one) => one.status === "fulfilled" ? one.value : one.reason.message),
        [
          ...given.keys(),
        ].map((i) => i % 5 === 4 ? `no ${i}` : i),
      );
    }
    const report = await verifyChain(sink.lines);
    assertEquals([report.problems, report.records, report.unfinished, report.chains], [[], 401, [], 1]);
    assertEquals(sink.story.filter((text) => text === "end fail error").length, 40);
    assertEquals(sink.story.filter((text) => text === "end echo ok").length, 160);
    assertEquals(new Set(sink.records.map(({ call, type }) => `${call} ${type}`)).size, 401);
  });

  Deno.test(`in sandbox ${sandbox} an error passes with its class, fields and stack, and its name is recorded`, async () => {
    const { host, sink, sample } = await start(sandbox);
    await using _host = host;
    const error = await assertRejects(() => sample.fail!("broken"), RangeError, "broken");
    assertEquals(Reflect.get(error, "detail"), { a: 1 });
    assert(/at Sample\.fail \(file:.*\/sample\/plugin\.ts:\d+:\d+\)/.test(error.stack!), error.stack);
    assertEquals(sink.records.at(-1)!.error, { name: "RangeError" });
  });

  Deno.test(`in sandbox ${sandbox} a call whose beginning cannot be recorded is not made; the log goes on afterwards`, async () => {
    const { host, sink, sample } = await start(sandbox);
    {
      await using _host = host;
      await sample.echo!(1);
      sink.before = () => {
        throw new Error("disk full");
      };
      const error = await assertRejects(() => sample.echo!(2), Error, "the record before it was not written");
      assertEquals([Reflect.get(error, "code"), Reflect.get(error, "made")], ["AuditNotWritten", false]);
      const given = await atOnce(50, (i) => sample.echo!(i));
      assert(given.every((one) => one.status === "rejected" && one.reason.code === "AuditNotWritten"));
      sink.before = () => {};
      assertEquals(await sample.count!(), 1);
    }
    const report = await verifyChain(sink.lines);
    assertEquals([report.problems, report.repeated], [[], 0]);
    // Of the refused calls only the one whose line was tried is there, and that it was refused.
    assertEquals(sink.story, [
      "begin echo",
      "end echo ok",
      "begin echo",
      "end echo refused",
      "begin count",
      "end count ok",
      "close",
    ]);
    assertStringIncludes(host.logger.messages("error").join(), "the audit sink fails: disk full; calls are refused");
  });

  Deno.test(`in sandbox ${sandbox} a result whose record cannot be written is withheld, and the record follows`, async () => {
    const { host, sink, sample } = await start(sandbox);
    {
      await using _host = host;
      sink.before = (line) => {
        if (line.includes('"type":"end"')) throw new Error("disk full");
      };
      const error = await assertRejects(() => sample.echo!(1), Error, 'Cannot give the result of "echo"');
      assertEquals([Reflect.get(error, "code"), Reflect.get(error, "made")], ["AuditNotWritten", true]);
      await assertRejects(() => sample.echo!(2), Error, 'Cannot call "echo"');
      sink.before = () => {};
      assertEquals(await sample.count!(), 1);
    }
    assertEquals((await verifyChain(sink.lines)).problems, []);
    assertEquals(sink.story, ["begin echo", "end echo ok", "begin count", "end count ok", "close"]);
  });

  Deno.test(`in sandbox ${sandbox} with continue calls go on while the sink fails, and every record follows in order`, async () => {
    const { host, sink, sample } = await start(sandbox, { on_sink_failure: "continue" });
    {
      await using _host = host;
      sink.before = () => {
        throw new Error("disk full");
      };
      const given = await atOnce(100, (i) => sample.echo!(i));
      assertEquals(given.filter(({ status }) => status === "fulfilled").length, 100);
      assertEquals(sink.lines, []);
      sink.before = () => {};
    }
    const report = await verifyChain(sink.lines);
    assertEquals([report.problems, report.records, report.closed], [[], 101, true]);
  });

  Deno.test(`in sandbox ${sandbox} teardown writes what a slow sink has not taken yet`, async () => {
    const { host, sink, sample } = await start(sandbox, { on_sink_failure: "continue" });
    {
      await using _host = host;
      const gate = Promise.withResolvers<void>();
      sink.before = () => gate.promise;
      await atOnce(30, (i) => sample.echo!(i));
      assertEquals(sink.lines, []);
      const ending = host.registry.teardownAll();
      gate.resolve();
      await ending;
      assertEquals(sink.lines.length, 31);
    }
    assertEquals((await verifyChain(sink.lines)).ok, true);
  });
}

Deno.test("a line that was written by a sink that then failed stands there again, and the chain holds", async () => {
  const { host, sink, sample } = await start();
  {
    await using _host = host;
    sink.after = () => {
      sink.after = () => {};
      throw new Error("connection lost");
    };
    await assertRejects(() => sample.echo!(1), Error, "was not written");
    await sample.echo!(2);
  }
  const report = await verifyChain(sink.lines);
  assertEquals([report.problems, report.repeated, report.records], [[], 1, 5]);
  assertEquals(sink.records[0], sink.records[1]);
});

Deno.test("calls under way when the sink fails all have their end in the log, once it works again", async () => {
  const { host, sink, sample } = await start();
  {
    await using _host = host;
    const begun = atOnce(20, () => sample.later!(100));
    sink.before = (line) => {
      if (line.includes('"type":"end"')) throw new Error("disk full");
    };
    const given = await begun;
    assert(given.every((one) => one.status === "rejected" && one.reason.made === true));
    assertEquals(sink.lines.length, 20);
    sink.before = () => {};
    await sample.echo!(1);
  }
  const report = await verifyChain(sink.lines);
  assertEquals([report.problems, report.unfinished, report.records], [[], [], 43]);
});

Deno.test("a sink that hangs is a failure after its limit, and its plugin lives on", async () => {
  const { host, sink, sample } = await start("process", { sink_timeout_ms: 50 });
  await using _host = host;
  sink.before = () => new Promise(() => {});
  const error = await assertRejects(() => sample.echo!(1), Error, "was not written");
  assertStringIncludes((error.cause as Error).message, "no answer within 50 ms");
  sink.before = () => {};
  assertEquals(await sample.echo!(2), 2);
});

Deno.test("records beyond max_kept are lost, and the log says how many", async () => {
  const { host, sink, sample } = await start("process", { on_sink_failure: "continue", max_kept: 3 });
  {
    await using _host = host;
    sink.before = () => {
      throw new Error("disk full");
    };
    for (let i = 0; i < 10; i++) await sample.echo!(i);
    sink.before = () => {};
  }
  assertEquals(sink.story, ["end echo ok", "end echo ok", "end echo ok", "lost", "close"]);
  assertEquals(sink.records[3]!.count, 7);
  assertEquals((await verifyChain(sink.lines)).problems, []);
});

Deno.test("a full memory is emptied as soon as the sink works, without waiting for teardown", async () => {
  const { host, sink, sample } = await start("process", { on_sink_failure: "continue", max_kept: 2 });
  await using _host = host;
  sink.before = () => {
    throw new Error("disk full");
  };
  for (let i = 0; i < 5; i++) await sample.echo!(i);
  sink.before = () => {};
  const { promise, resolve } = Promise.withResolvers<void>();
  sink.after = () => sink.lines.length === 2 && resolve();
  await sample.echo!(5);
  await promise;
});

Deno.test("what the sink does not take at teardown is in the host's log, and teardown says so", async () => {
  const { host, sink, sample } = await start("process", { on_sink_failure: "continue" });
  await using _folder = host.folder;
  sink.before = () => {
    throw new Error("disk full");
  };
  await atOnce(5, (i) => sample.echo!(i));
  await assertRejects(() => host.registry.teardownAll(), Error, "Cannot write the last 6 records of the audit log");
  const lines = host.logger.messages("error").filter((line) => line.startsWith('{"sequence"'));
  assertEquals((await verifyChain(lines)).records, 6);
  assertEquals((await verifyChain(lines)).problems, []);
});

Deno.test("without a sink the records go to the logger, and verify", async () => {
  const host = await startMiddlewareHost({ plugins });
  {
    await using _host = host;
    await atOnce(20, (i) => host.plugin().echo!(i));
  }
  const lines = host.logger.messages("info").filter((line) => line.startsWith('{"sequence"'));
  const report = await verifyChain(lines);
  assertEquals([report.problems, report.records, report.closed], [[], 41, true]);
});

Deno.test("a sink with last() lets the chain go on at the next start; one without begins another", async () => {
  for (const [sink, chains] of [[new LastingSink(), 1], [new MemorySink(), 2]] as const) {
    for (let i = 0; i < 2; i++) {
      const { host, sample } = await start("process", {}, sink);
      await using _host = host;
      await sample.echo!(i);
    }
    const report = await verifyChain(sink.lines);
    assertEquals([report.problems, report.chains, report.records], [[], chains, 6]);
  }
});

Deno.test("a last line that is no whole record keeps calls out with refuse, and begins a chain with continue", async () => {
  const sink = new LastingSink();
  sink.lines = ["torn li"];
  const refused = await start("process", {}, sink);
  {
    await using _host = refused.host;
    assertStringIncludes(refused.host.reason("middleware/audit-log")!.message, "its last line is no whole record");
    await assertRejects(() => refused.sample.echo!(1), Error, "audit-log");
  }
  const { host, sample } = await start("process", { on_sink_failure: "continue" }, sink);
  await using _host = host;
  assertEquals(await sample.echo!(1), 1);
});

Deno.test("streams pass, and bytes are in the digest", async () => {
  const { host, sink, sample } = await start();
  await using _host = host;
  const given: unknown[] = [];
  for await (const item of await sample.stream!(5) as AsyncIterable<unknown>) given.push(item);
  assertEquals(given, [0, 1, 2, 3, 4]);
  assertEquals(await sample.echo!(new Uint8Array([1, 2])), new Uint8Array([1, 2]));
  assertEquals(await sample.echo!(new Uint8Array([1, 3])), new Uint8Array([1, 3]));
  const digests = sink.records.filter(({ type, hook }) => type === "end" && hook === "echo").map(({ args }) => args);
  assertEquals(new Set(digests.map((args) => JSON.stringify(args))).size, 2);
});

Deno.test("a call that its caller gives up has an end in the log", async () => {
  const { host, sink } = await start();
  {
    await using _host = host;
    const controller = new AbortController();
    sink.after = () => controller.abort(new Error("enough"));
    const { signal } = controller;
    await assertRejects(() => host.registry.call("thing", "sample", "hang", [], { signal }), Error, "enough");
  }
  assertEquals(sink.story, ["begin hang", "end hang error", "close"]);
});

Deno.test("any change to a log is found: a byte, a missing line, a swapped one, a cut end", async () => {
  const { host, sink, sample } = await start();
  let head;
  {
    await using _host = host;
    for (let i = 0; i < 4; i++) await sample.echo!(i);
    head = await host.plugin("middleware/audit-log").head!() as { sequence: number; hash: string };
  }
  const { lines } = sink;
  const problems = async (changed: string[]) =>
    (await verifyChain(changed, { head })).problems.map(({ line, reason }) => `${line}: ${reason}`);
  assertEquals(await problems(lines), []);
  assertEquals(await problems(lines.with(2, lines[2]!.replace('"hook":"echo"', '"hook":"ecHo"'))), [
    "3: record 3 was changed: its hash is not that of its text",
  ]);
  assertEquals(await problems(lines.toSpliced(3, 1)), ["4: record 5 follows record 3"]);
  assertEquals((await problems([...lines.slice(0, 2), lines[3]!, lines[2]!, ...lines.slice(4)])).length > 0, true);
  assertEquals(await problems(lines.slice(0, 5)), ["0: record 8, which was kept, is not in it"]);
  assertEquals(await problems([...lines.slice(0, 2), "{}", ...lines.slice(2)]), ["3: it is no record"]);
});

Deno.test("a configuration that means nothing keeps the log from starting, and calls from being made", async () => {
  const { host, sample } = await start("process", { on_sink_failure: "ignore" });
  await using _host = host;
  assertEquals(host.reason("middleware/audit-log")?.code, "ConfigInvalid");
  assertEquals((await assertRejects(() => sample.echo!(1)) as { code?: string }).code, "PluginUnavailable");
});

Deno.test("the audit log passes the contract suite", async () => {
  const manifest = await loadManifest(manifestPath("audit-log"));
  const result = await runContractSuite({ pluginClass: AuditLog, manifest });
  assert(result.ok, result.formatFailures());
  assertEquals(result.inconclusive, []);
});
