/** Calls that wait while a plugin is reloaded: they go to the fresh instance, by the same way as all others. */
import { assertEquals, assertRejects } from "@std/assert";
import { HookspecInvalid, TOOL_HOOKSPEC } from "@dagstack/plugin-system";
import { hook, listed, spec } from "./hookspec_samples.ts";
import { BASE, OwnHost, sleep } from "./own_host.ts";

Deno.test("a dispatch that waits for a function's schema goes to the fresh instance when the tool is reloaded meanwhile", async () => {
  let instances = 0;
  await using host = new OwnHost();
  await host.registry.addHookspec(TOOL_HOOKSPEC);
  const make = () => {
    const result = ++instances;
    return {
      setup: () => sleep(result > 1 ? 50 : 0),
      get_schema: () => [listed("f"), listed("g")],
      execute: () => ({ result }),
    };
  };
  await host.registry.registerModule(make, { ...BASE, kind: "tool", name: "one" });
  await host.registry.setupAll();
  const run = (name: string) => host.registry.dispatch("tool", "execute", { function: name, args: {} });
  assertEquals(await run("f"), { result: 1 });
  const waiting = run("g"); // its schema is compiled first
  await host.registry.reload("tool", "one");
  assertEquals(await waiting, { result: 2 });
});

Deno.test("a call that a reload holds back goes through middleware, also where the plugin had never been loaded", async () => {
  let instances = 0;
  const seen: unknown[] = [];
  await using host = new OwnHost();
  const make = () => {
    if (++instances === 1) throw new Error("not yet");
    return { setup: () => sleep(50), say: () => "said" };
  };
  const guard = { wrap: (call: { hook: string }, next: () => unknown) => (seen.push(call.hook), next()) };
  const chain_wrap = { kinds: ["*"], hooks: ["*"] };
  await host.registry.registerModule(make, { ...BASE, kind: "thing", name: "one" });
  await host.registry.registerModule(guard, { ...BASE, kind: "guard", name: "guard", priority: 1000, chain_wrap });
  await host.registry.setupAll();
  const reloading = host.registry.reload("thing", "one");
  const held = host.registry.call("thing", "one", "say", []);
  await reloading;
  assertEquals([await held, seen], ["said", ["say"]]);
});

Deno.test("two majors of a kind have the same error policy for the same hook", async () => {
  await using host = new OwnHost();
  const all = (error_policy: string) => [hook("all", "broadcast_collect", { error_policy })];
  await host.registry.addHookspec(spec(all("best_effort")));
  const other = spec(all("fail_fast"), "thing", "2.0.0");
  await assertRejects(() => host.registry.addHookspec(other), HookspecInvalid, 'hooks[0].error_policy: expected "best');
  await host.registry.addHookspec(spec(all("best_effort"), "thing", "2.0.0"));
});
