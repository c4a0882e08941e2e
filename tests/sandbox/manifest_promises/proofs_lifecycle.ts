/** Fields whose promise is kept while the plugin runs, by what the registry does around its calls. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PluginRegistryError, PluginUnavailable } from "@dagstack/plugin-system";
import { TestHost } from "../../support.ts";
import { assertGoodAnswers, plugin, type Proof } from "./proof.ts";

/** A guard in a process of its own that lets nobody read. */
const GUARD = `export class Sample {
  wrap(call: { hook: string }, next: () => Promise<unknown>) {
    if (call.hook === "read") throw Object.assign(new Error("no reading"), { code: "Refused" });
    return next();
  }
}`;
const guard = (chainWrap: string, code = GUARD) => ({
  "guard/dagstack.toml": plugin("", `[plugin.chain_wrap]\n${chainWrap}`, {
    name: '"guard"',
    kind: '"guard"',
    priority: "1000",
  })["p/dagstack.toml"]!,
  "guard/plugin.ts": code,
});
const GUARDED = plugin("read() { return 'secret'; } write() { return 'written'; }");

/** A plugin whose guard refuses one hook; the other, and the neighbour, answer. */
async function bites(chainWrap: string): Promise<void> {
  await using host = await TestHost.start({ ...GUARDED, ...guard(chainWrap) });
  const error = await assertRejects(() => host.plugin().read!(), Error, "no reading");
  assertEquals(Reflect.get(error, "code"), "Refused");
  assertEquals(await host.plugin().write!(), "written");
  await assertGoodAnswers(host);
}

/** Proofs by field. */
export const LIFECYCLE_PROOFS: Readonly<Record<string, Proof>> = {
  health_check: {
    promise: "the method that it names is asked, and its bad answers take the plugin out of service",
    async bites() {
      const body = "well = true; ping() { return this.well; } spoil() { this.well = false; }";
      const files = plugin(body, "", { health_check: '"ping"' });
      await using host = await TestHost.start(files, { health: { intervalMs: 10, failures: 2 } });
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      using _listening = host.registry.onStateChange(({ to, reason }) => to === "unavailable" && resolve(reason));
      await host.plugin().spoil!();
      assertStringIncludes(await promise ?? "", "health");
      await assertRejects(() => host.plugin().ping!(), PluginUnavailable, "health");
      await assertGoodAnswers(host);

      await using wrong = await TestHost.start(plugin(body, "", { health_check: '"pong"' }));
      assertEquals(wrong.reason()?.code, "PluginLoadError");
      assertStringIncludes(wrong.reason()!.message, 'health_check is "pong", and it has no such method');
    },
  },
  "chain_wrap.kinds": {
    promise: "no call of these kinds gets past the middleware, not even when that has failed",
    async bites() {
      await bites('kinds = ["thing"]');
      await using failed = await TestHost.start({
        ...GUARDED,
        ...guard('kinds = ["thing"]', "export class Sample { setup() { throw new Error('broken'); } wrap() {} }"),
      });
      await assertRejects(() => failed.plugin().write!(), PluginUnavailable, "broken");
      await using without = await TestHost.start({
        ...GUARDED,
        ...guard('kinds = ["thing"]', "export class Sample {}"),
      });
      assertStringIncludes(without.reason("guard/guard")!.message, "no method wrap(call, next)");
      await assertRejects(() => without.plugin().write!(), PluginRegistryError);
    },
  },
  "chain_wrap.hooks": {
    promise: "exactly these hooks are wrapped",
    async bites() {
      await bites('kinds = ["*"]\nhooks = ["read"]');
      await using host = await TestHost.start({ ...GUARDED, ...guard('kinds = ["*"]\nhooks = ["write"]') });
      assertEquals(await host.plugin().read!(), "secret");
    },
  },
};
