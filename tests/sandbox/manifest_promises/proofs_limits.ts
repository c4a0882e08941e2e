/** Fields that set a limit of time or space. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PluginUnavailable, TeardownErrors } from "@dagstack/plugin-system";
import { TestHost } from "../../support.ts";
import { assertGoodAnswers, plugin, type Proof, requires, runs } from "./proof.ts";

/** Proofs by field. */
export const LIMIT_PROOFS: Readonly<Record<string, Proof>> = {
  startup_timeout_sec: {
    promise: "a start that takes longer is ended, and its process with it",
    async bites() {
      const body = "async setup() { console.log(String(Deno.pid)); await new Promise((r) => setTimeout(r, 8000)); }";
      await using host = await TestHost.start(plugin(body, "", { startup_timeout_sec: "1" }));
      assertEquals(host.reason()?.code, "HookTimeout");
      assertStringIncludes(host.reason()!.message, 'setup of plugin "thing/sample"');
      assertStringIncludes(host.reason()!.message, "1000 ms");
      assertEquals(await runs(Number(host.logger.messages("info")[0])), false);
      await assertGoodAnswers(host);
    },
  },
  teardown_timeout_sec: {
    promise: "a teardown that takes longer is ended, and its process with it",
    async bites() {
      const body = "pid() { return Deno.pid; } teardown() { return new Promise((r) => setTimeout(r, 8000)); }";
      await using host = await TestHost.start(plugin(body, "", { teardown_timeout_sec: "1" }));
      const pid = await host.plugin().pid!() as number;
      assert(await runs(pid));
      const { errors } = await assertRejects(() => host.registry.teardownAll(), TeardownErrors);
      assertEquals(errors.map((error) => Reflect.get(error, "code")), ["HookTimeout"]);
      assertStringIncludes((errors[0] as Error).message, 'teardown of plugin "thing/sample"');
      assertStringIncludes((errors[0] as Error).message, "1000 ms");
      assertEquals(await runs(pid), false);
    },
  },
  "resources.tmpdir.quota_mb": {
    promise: "a folder that holds more ends the plugin, and goes with it",
    async bites() {
      const body = `setup(ctx: any) { this.dir = ctx.resources.tmpdir.path; } dir = "";
        where() { return [Deno.pid, this.dir]; }
        async fill() {
          for (let i = 0; i < 4; i++) Deno.writeFileSync(this.dir + "/" + i, new Uint8Array(700 * 1024));
          await new Promise((r) => setTimeout(r, 8000));
        }`;
      await using host = await TestHost.start(plugin(body, requires("tmpdir", { quota_mb: 2 })));
      const [pid, folder] = await host.plugin().where!() as [number, string];
      const told = "tmpdir quota (2 MB): its temporary folder holds more (resources.tmpdir.quota_mb)";
      await assertRejects(() => host.plugin().fill!(), PluginUnavailable, told);
      assertStringIncludes(host.reason()!.message, told);
      assertEquals(await runs(pid), false);
      await assertGoodAnswers(host);
      await host.registry.teardownAll();
      await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
    },
  },
  execution_model: {
    promise: "calls bound to the CPU run side by side where it says so, and one after the other where it does not",
    async bites() {
      const body = `burn() {
        const from = Date.now();
        while (Date.now() - from < 200);
        return { from, to: Date.now(), pid: Deno.pid };
      }`;
      for (
        const [model, overlap, processes] of [
          ["sync", false, 1],
          ["async", false, 1],
          ["thread_cpu_bound", true, 1],
          ["process_cpu_bound", true, 2],
        ] as const
      ) {
        await using host = await TestHost.start(plugin(body, "", { execution_model: `"${model}"` }), { poolSize: 2 });
        const { burn } = host.plugin();
        const [a, b] = await Promise.all([burn!(), burn!()]) as [Burnt, Burnt];
        assertEquals([a.from < b.to && b.from < a.to, new Set([a.pid, b.pid]).size], [overlap, processes], model);
        assert(a.pid !== Deno.pid);
      }
    },
  },
};

interface Burnt {
  from: number;
  to: number;
  pid: number;
}
