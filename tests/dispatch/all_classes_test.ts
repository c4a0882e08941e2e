/** What holds for all five classes alike. */
import type { DispatchClass } from "../../src/hookspec/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BroadcastCollectDispatcher,
  BroadcastNotifyDispatcher,
  CapabilityDispatcher,
  ChainDispatcher,
  type DispatchOptions,
  type DispatchTarget,
  prepareDispatch,
  SingletonDispatcher,
} from "../../src/dispatch/mod.ts";
import { DispatchMismatch, HookUnknown, KindUnknown } from "../../src/errors.ts";
import { FakeTarget, throwing } from "./fake_target.ts";

interface Dispatcher {
  readonly kind: string;
  dispatch(
    plugins: readonly DispatchTarget[],
    hook: string,
    input: unknown,
    options?: DispatchOptions,
  ): Promise<unknown>;
}

const classes: Record<DispatchClass, (kind: string) => Dispatcher> = {
  singleton: (kind) => new SingletonDispatcher(kind),
  broadcast_collect: (kind) => new BroadcastCollectDispatcher(kind),
  broadcast_notify: (kind) => new BroadcastNotifyDispatcher(kind),
  chain: (kind) => new ChainDispatcher(kind),
  capability: (kind) => new CapabilityDispatcher(kind),
};
const all = Object.entries(classes) as [DispatchClass, (kind: string) => Dispatcher][];

for (const [by, make] of all) {
  Deno.test(`${by} calls plugins of its kind only`, async () => {
    const plugins = [new FakeTarget("other/a", { priority: 9 }), new FakeTarget("k/b")];
    await make("k").dispatch(plugins, "run", {});
    assertEquals(plugins.map(({ calls }) => calls.length), [0, 1]);
    assertEquals(make("k").kind, "k");
  });

  Deno.test(`${by} without a plugin of its kind is KindUnknown, as a rejection`, async () => {
    for (const plugins of [[], [new FakeTarget("other/a")]]) {
      const error = await assertRejects(() => make("k").dispatch(plugins, "run", {}), KindUnknown);
      assertEquals(error.message, 'Cannot dispatch "run": no plugin of kind "k" is running');
    }
  });

  Deno.test(`${by} leaves out plugins without the hook`, async () => {
    const plugins = [new FakeTarget("k/a", { priority: 9 }, { hooks: { walk: () => 1 } }), new FakeTarget("k/b")];
    await make("k").dispatch(plugins, "run", {});
    assertEquals(plugins.map(({ calls }) => calls.length), [0, 1]);
  });

  Deno.test(`${by} of a hook that no plugin has is HookUnknown, which lists near names or all`, async () => {
    const plugin = new FakeTarget("k/a", {}, { hooks: { chunk: () => 1, split: () => 2 } });
    const near = await assertRejects(() => make("k").dispatch([plugin], "chunck", {}), HookUnknown);
    assertEquals(
      near.message,
      'Cannot dispatch "chunck": no plugin of kind "k" has such a hook; did you mean "chunk"?',
    );
    const far = await assertRejects(() => make("k").dispatch([plugin], "embed_everything", {}), HookUnknown);
    assert(far.message.endsWith('their hooks are "chunk", "split"'), far.message);
  });

  Deno.test(`${by} finds a hook by its camelCase form`, async () => {
    const plugin = new FakeTarget("k/a", { fallback: true }, { hooks: { listTools: () => [] } });
    await make("k").dispatch([plugin], "list_tools", {});
    assertEquals(plugin.calls.map(({ hook }) => hook), ["listTools"]);
  });

  Deno.test(`${by} of a hook declared as another class is DispatchMismatch, and calls nobody`, async () => {
    const other = by === "chain" ? "singleton" : "chain";
    const undeclared = new FakeTarget("k/a");
    const declared = new FakeTarget("k/b", {}, { declaration: () => ({ dispatch: other }) });
    const error = await assertRejects(
      () => make("k").dispatch([undeclared, declared], "run", {}),
      DispatchMismatch,
      `Cannot dispatch "run" of kind "k" as ${by}: it is declared as ${other}`,
    );
    assertEquals([error.kind, error.hook, error.declared, error.asked], ["k", "run", other, by]);
    assertEquals([undeclared.calls, declared.calls], [[], []]);
  });

  Deno.test(`${by} of a hook declared as such is done`, async () => {
    const plugin = new FakeTarget("k/a", {}, { declaration: (hook) => hook === "run" ? { dispatch: by } : undefined });
    await make("k").dispatch([plugin], "run", {});
    assertEquals(plugin.calls.length, 1);
  });

  Deno.test(`the filter narrows the candidates of ${by} before any is chosen`, async () => {
    const plugins = [new FakeTarget("k/refused", { priority: 9, fallback: true }), new FakeTarget("k/left")];
    const told: unknown[] = [];
    const filter: DispatchOptions["filter"] = (manifest, call) => {
      told.push(call);
      return manifest.name === "left";
    };
    const input = { a: 1 };
    await make("k").dispatch(plugins, "run", input, { filter, metadata: { tenant: "t" } });
    assertEquals(plugins.map(({ calls }) => calls.length), [0, 1]);
    for (const call of told) assertEquals(call, { hook: "run", input, metadata: { tenant: "t" } });
    await make("k").dispatch(plugins, "run", input, { filter });
    assertEquals(told.at(-1), { hook: "run", input, metadata: {} });
  });

  Deno.test(`a filter that admits no plugin of ${by} is an error, not a success of nobody`, async () => {
    const plugins = [new FakeTarget("k/a"), new FakeTarget("k/b")];
    await assertRejects(
      () => make("k").dispatch(plugins, "run", {}, { filter: () => false }),
      Error,
      "Cannot dispatch",
    );
    assertEquals(plugins.map(({ calls }) => calls.length), [0, 0]);
  });

  Deno.test(`a filter that throws is a rejection of ${by}`, async () => {
    const filter = throwing(new TypeError("filter"));
    await assertRejects(() => make("k").dispatch([new FakeTarget("k/a")], "run", {}, { filter }), TypeError, "filter");
  });

  Deno.test(`${by} rejects with the reason of a signal that has aborted, and calls nobody`, async () => {
    const plugin = new FakeTarget("k/a");
    const reason = new Error("gone");
    const signal = AbortSignal.abort(reason);
    assert(await assertRejects(() => make("k").dispatch([plugin], "run", {}, { signal })) === reason);
    assertEquals([plugin.calls, plugin.heard], [[], []]);
  });

  Deno.test(`${by} rejects with the reason when its signal aborts, and blames no plugin`, async () => {
    const plugin = new FakeTarget("k/a", {}, { hooks: { run: () => new Promise(() => {}) } });
    const other = new FakeTarget("k/b", { fallback: true }, { hooks: { run: () => new Promise(() => {}) } });
    const controller = new AbortController();
    const plugins = by === "singleton" ? [plugin] : [plugin, other];
    const pending = make("k").dispatch(plugins, "run", {}, { signal: controller.signal });
    const reason = new Error("gone");
    controller.abort(reason);
    assert(await assertRejects(() => pending) === reason);
    assertEquals([plugin.heard, other.heard], [[], []]);
  });

  Deno.test(`${by} hands on its input as the one argument, and no options where it has none`, async () => {
    const plugin = new FakeTarget("k/a");
    const input = { a: 1 };
    await make("k").dispatch([plugin], "run", input);
    const options = { metadata: { tenant: "t" } };
    await make("k").dispatch([plugin], "run", input, options);
    assertEquals(plugin.calls, [
      { hook: "run", args: [input], options: undefined }, // a call without options is the cheapest
      { hook: "run", args: [input], options },
    ]);
  });

  Deno.test(`a waiter of ${by} hears of an abort once`, () => {
    const waits = () => new Promise(() => {});
    const plugin = new FakeTarget("k/a", { priority: 1 }, { hooks: { run: waits } });
    const other = new FakeTarget("k/b", {}, { hooks: { run: waits } });
    const controller = new AbortController();
    const heard: unknown[] = [];
    const waiter = {
      resolve: (value: unknown) => void heard.push(["resolved", value]),
      reject: (error: unknown) => void heard.push(["rejected", error]),
    };
    prepareDispatch(by, "k", "run", [plugin, other]).start({}, waiter, { signal: controller.signal });
    controller.abort("gone");
    assertEquals(heard, [["rejected", "gone"]]);
  });

  Deno.test(`a list of plugins that grew, or another list, is seen by ${by}`, async () => {
    const dispatcher = make("k");
    const plugins = [new FakeTarget("k/a")];
    await dispatcher.dispatch(plugins, "run", {});
    plugins.push(new FakeTarget("k/b", { priority: 5, fallback: true }));
    await dispatcher.dispatch(plugins, "run", {});
    assertEquals(plugins[1]!.calls.length, 1);
    const others = [new FakeTarget("k/c"), new FakeTarget("k/d", { priority: 5, fallback: true })];
    await dispatcher.dispatch(others, "run", {});
    assertEquals(others[1]!.calls.length, 1);
    await dispatcher.dispatch([...others], "run", {});
    assertEquals(others[1]!.calls.length, 2);
  });

  Deno.test(`${by} can be made ready once and started often`, async () => {
    const plugin = new FakeTarget("k/a");
    const prepared = prepareDispatch(by, "k", "run", [plugin]);
    for (const input of [1, 2]) {
      await new Promise((resolve, reject) => prepared.start(input, { resolve, reject }));
    }
    assertEquals(plugin.calls.map(({ args }) => args), [[1], [2]]);
    assertThrows(() => prepareDispatch(by, "k", "run", []), KindUnknown);
  });
}
