/** The examples of the public guides of the five dispatch classes (their TypeScript tabs). */
import { assertEquals, assertRejects } from "@std/assert";
import { BroadcastCollectDispatcher, BroadcastNotifyDispatcher } from "@dagstack/plugin-system";
import { CapabilityDispatcher, ChainDispatcher, isAmbiguousPlugin, SingletonDispatcher } from "@dagstack/plugin-system";
import { registryOf } from "./public_plugins.ts";

type ChargeInput = { amountCents: number; currency: string; source: string };
type ChargeOutput = { transactionId: string; status: string };
const provider = (name: string) => ({
  charge: async (input: ChargeInput): Promise<ChargeOutput> => {
    await Promise.resolve();
    return { transactionId: `${name}-${input.amountCents}`, status: "succeeded" };
  },
});
const PROVIDERS = {
  "payment_provider/stripe": { plugin: provider("stripe"), priority: 50 },
  "payment_provider/internal": { plugin: provider("internal"), priority: 40 },
};

Deno.test("guides/dispatchers/singleton: the highest priority is charged, another by its name", async () => {
  await using registry = await registryOf(PROVIDERS);
  await registry.setupAll();

  const payment = new SingletonDispatcher<ChargeInput, ChargeOutput>("payment_provider");
  const result = await payment.dispatch(
    registry.getLoadedPlugins(),
    "charge",
    { amountCents: 1999, currency: "USD", source: "tok_visa" },
  );
  assertEquals(result.transactionId, "stripe-1999");

  const loaded = registry.getLoadedPlugins().find((p) => p.manifest.name === "internal");
  const directResult = await (loaded?.instance as unknown as { charge: (i: ChargeInput) => Promise<ChargeOutput> })
    .charge({ amountCents: 1999, currency: "USD", source: "tok_visa" });
  assertEquals(directResult.transactionId, "internal-1999");

  // What differs on purpose: getPlugin gives the plugin.
  const internal = registry.getPlugin<ReturnType<typeof provider>>("payment_provider", "internal");
  assertEquals((await internal.charge({ amountCents: 1, currency: "USD", source: "x" })).transactionId, "internal-1");
});

Deno.test("guides/dispatchers/singleton: DAGSTACK_ACTIVE_PAYMENT_PROVIDER wins over priority", async () => {
  Deno.env.set("DAGSTACK_ACTIVE_PAYMENT_PROVIDER", "internal");
  try {
    await using registry = await registryOf(PROVIDERS);
    await registry.setupAll();
    const payment = new SingletonDispatcher<Partial<ChargeInput>, ChargeOutput>("payment_provider");
    const result = await payment.dispatch(registry.getLoadedPlugins(), "charge", { amountCents: 5 });
    assertEquals(result.transactionId, "internal-5");
  } finally {
    Deno.env.delete("DAGSTACK_ACTIVE_PAYMENT_PROVIDER");
  }
});

Deno.test("guides/dispatchers/singleton: equal priorities are an AmbiguousPlugin with the candidates", async () => {
  await using registry = await registryOf({
    "payment_provider/stripe": { plugin: provider("stripe"), priority: 50 },
    "payment_provider/internal": { plugin: provider("internal"), priority: 50 },
  });
  await registry.setupAll();
  const payment = new SingletonDispatcher("payment_provider");
  const error = await assertRejects(() => payment.dispatch(registry.getLoadedPlugins(), "charge", {}));
  assertEquals(isAmbiguousPlugin(error) && error.candidates, ["payment_provider/internal", "payment_provider/stripe"]);
});

type ToolDef = { name: string; description: string };
class FilesystemToolProvider {
  listTools(): ToolDef[] {
    return [
      { name: "read_file", description: "Read a file" },
      { name: "write_file", description: "Write a file" },
    ];
  }
}
class WebToolProvider {
  listTools(): ToolDef[] {
    return [
      { name: "http_get", description: "Fetch a page" },
      { name: "search", description: "Search the web" },
    ];
  }
}

Deno.test("guides/dispatchers/broadcast-collect: list_tools finds listTools, by priority, and flattens", async () => {
  await using registry = await registryOf({
    "tool_provider/web": { plugin: WebToolProvider, priority: 40 },
    "tool_provider/filesystem": { plugin: FilesystemToolProvider, priority: 50 },
  });
  await registry.setupAll();

  const dispatcher = new BroadcastCollectDispatcher<unknown, ToolDef[]>("tool_provider");
  const toolsLists = await dispatcher.dispatch(
    registry.getLoadedPlugins(),
    "list_tools",
    null,
  );
  const allTools = toolsLists.flat();
  assertEquals(allTools.map(({ name }) => name), ["read_file", "write_file", "http_get", "search"]);
});

Deno.test("guides/dispatchers/broadcast-collect: any failing plugin aborts the call; an empty list is a result", async () => {
  const empty = { listTools: () => [] };
  const failing = {
    listTools() {
      throw new Error("no network");
    },
  };
  await using registry = await registryOf({ "tool_provider/empty": { plugin: empty } });
  await registry.setupAll();
  const dispatcher = new BroadcastCollectDispatcher<unknown, ToolDef[]>("tool_provider");
  assertEquals([...await dispatcher.dispatch(registry.getLoadedPlugins(), "list_tools", null)], [[]]);
  await using broken = await registryOf({
    "tool_provider/web": { plugin: failing },
    "tool_provider/empty": { plugin: empty },
  });
  await broken.setupAll();
  await assertRejects(() => dispatcher.dispatch(broken.getLoadedPlugins(), "list_tools", null), Error, "no network");
});

Deno.test("guides/dispatchers/broadcast-notify: listeners hear events; one that lacks the hook or fails is passed by", async () => {
  const heard: string[] = [];
  class MetricsExporter {
    onRequestStarted(event: { path: string }): void {
      heard.push(`started ${event.path}`);
    }
    onRequestFinished(): void {
      heard.push("finished");
    }
    onRequestFailed(event: { code: string }): void {
      heard.push(`failed ${event.code}`);
    }
  }
  class AuditLogger {
    onRequestStarted(): void {
      throw new Error("disk is full");
    }
  }
  await using registry = await registryOf({
    "lifecycle_listener/metrics-exporter": { plugin: MetricsExporter },
    "lifecycle_listener/audit-logger": { plugin: AuditLogger },
  });
  await registry.setupAll();

  const notifier = new BroadcastNotifyDispatcher("lifecycle_listener");

  async function handleRequest(path: string, process: () => Promise<string>): Promise<string> {
    const startTime = Date.now();
    await notifier.dispatch(registry.getLoadedPlugins(), "onRequestStarted", { requestId: "1", path, actor: "ada" });
    try {
      const response = await process();
      await notifier.dispatch(registry.getLoadedPlugins(), "onRequestFinished", {
        requestId: "1",
        durationMs: Date.now() - startTime,
      });
      return response;
    } catch (exc) {
      await notifier.dispatch(registry.getLoadedPlugins(), "onRequestFailed", {
        requestId: "1",
        code: exc instanceof Error ? exc.constructor.name : String(exc),
      });
      throw exc;
    }
  }

  assertEquals(await handleRequest("/a", () => Promise.resolve("ok")), "ok");
  await assertRejects(() => handleRequest("/b", () => Promise.reject(new RangeError("no"))), RangeError);
  assertEquals(heard, ["started /a", "finished", "started /b", "failed RangeError"]);
});

type Query = { text: string; tenantId: string };
class Normalizer {
  rewrite(query: Query): Query {
    return {
      ...query,
      text: query.text.toLowerCase().trim().replace(/\s+/g, " "),
    };
  }
}
class Synonymizer {
  rewrite(query: Query): Query {
    return { ...query, text: query.text.replace("launch", "start") };
  }
}
class TenantEnricher {
  rewrite(query: Query): Query {
    return { ...query, text: `${query.text} microservices typescript` };
  }
}
class Blacklist {
  private static readonly BANNED = ["delete_database", "rm -rf"];

  async setup(): Promise<void> {}

  rewrite(query: Query): Query {
    const lower = query.text.toLowerCase();
    if (Blacklist.BANNED.some((bad) => lower.includes(bad))) {
      throw new Error("Query blocked by blacklist");
    }
    return query;
  }
}

Deno.test("guides/dispatchers/chain: the query goes through all three, and a throw blocks it", async () => {
  await using registry = await registryOf({
    "query_rewriter/tenant-enricher": { plugin: TenantEnricher, priority: 10 },
    "query_rewriter/synonymizer": { plugin: Synonymizer, priority: 50 },
    "query_rewriter/normalizer": { plugin: Normalizer, priority: 100 },
    "query_rewriter/blacklist": { plugin: Blacklist, tryfirst: true },
  });
  await registry.setupAll();

  const dispatcher = new ChainDispatcher<Query>("query_rewriter");

  const original: Query = { text: "  How to LAUNCH dagstack?  ", tenantId: "acme-corp" };
  const rewritten = await dispatcher.dispatch(
    registry.getLoadedPlugins(),
    "rewrite",
    original,
  );
  assertEquals(rewritten, { text: "how to start dagstack? microservices typescript", tenantId: "acme-corp" });
  await assertRejects(
    () => dispatcher.dispatch(registry.getLoadedPlugins(), "rewrite", { text: "rm -RF /", tenantId: "x" }),
    Error,
    "Query blocked by blacklist",
  );
});

type ChunkPayload = { language?: string; extension?: string; content: string; capabilities?: { required: string[] } };
type ChunkResult = { chunks: string[] };

Deno.test("guides/dispatchers/capability: required capabilities choose, and what nobody takes goes to the fallback", async () => {
  const chunker = (by: string) => ({ chunk: ({ content }: ChunkPayload): ChunkResult => ({ chunks: [by, content] }) });
  await using registry = await registryOf({
    "chunker/tree-sitter": {
      plugin: chunker("tree-sitter"),
      priority: 50,
      supports_languages: ["typescript", "javascript", "python"],
      supports_extensions: [".ts", ".js"],
      capabilities: ["lang:python"],
    },
    "chunker/fixed": { plugin: chunker("fixed"), priority: 10, fallback: true },
  });
  await registry.setupAll();

  const dispatcher = new CapabilityDispatcher<ChunkPayload, ChunkResult>("chunker");

  const result = await dispatcher.dispatch(
    registry.getLoadedPlugins(),
    "chunk",
    {
      language: "python",
      content: "def hello(): ...",
      capabilities: { required: ["lang:python"] },
    },
  );
  assertEquals(result.chunks[0], "tree-sitter");

  const fallbackResult = await dispatcher.dispatch(
    registry.getLoadedPlugins(),
    "chunk",
    {
      extension: ".md",
      content: "# Hello\n...",
      capabilities: { required: [] },
    },
  );
  assertEquals(fallbackResult.chunks, ["fixed", "# Hello\n..."]);
});

Deno.test("guides/dispatchers/capability: as the guide writes it, a plugin with supports_languages alone is not asked by a tag", async () => {
  const chunker = (by: string) => ({ chunk: () => by });
  await using registry = await registryOf({
    "chunker/tree-sitter": { plugin: chunker("tree-sitter"), supports_languages: ["python"] },
    "chunker/fixed": { plugin: chunker("fixed"), fallback: true },
  });
  await registry.setupAll();
  const dispatcher = new CapabilityDispatcher<unknown, string>("chunker");
  const plugins = registry.getLoadedPlugins();
  assertEquals(await dispatcher.dispatch(plugins, "chunk", { language: "python" }), "tree-sitter");
  const tagged = { language: "python", capabilities: { required: ["lang:python"] } };
  assertEquals(await dispatcher.dispatch(plugins, "chunk", tagged), "fixed");
});
