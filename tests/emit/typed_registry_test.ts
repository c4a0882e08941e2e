/** What emitted types let a compiler see: in plugins, handles, calls and dispatches. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { emitTypeScript } from "@dagstack/plugin-system/emit";
import { validateHookspec } from "@dagstack/plugin-system";
import { TempFolder } from "../support.ts";
import { checkTypes } from "./check_types.ts";

const object = { type: "object" };
const TEXT = validateHookspec({
  kind: "text_filter",
  kind_api_version: "1.2.0",
  description: "Filters text.",
  hooks: [
    { name: "clean_up", dispatch: "chain", description: "Cleans.", input_schema: mail(), output_schema: mail() },
    { name: "hear", dispatch: "broadcast_notify", description: "Hears.", input_schema: mail(), output_schema: object },
    { name: "pick", dispatch: "capability", description: "Picks.", input_schema: object, output_schema: mail() },
    {
      name: "undo",
      dispatch: "singleton",
      optional: true,
      description: "Undoes.",
      input_schema: object,
      output_schema: { type: "null" },
    },
  ],
});

function mail() {
  const properties = { subject: { type: "string" }, words: { type: "integer" } };
  return { type: "object", properties, required: ["subject"], additionalProperties: false };
}

const USES = `
import { type CollectedResults, type PluginHandle, PluginRegistry, SingletonDispatcher, STOP_CHAIN } from "@dagstack/plugin-system";
import type { ToolExecuteInput, ToolExecuteOutput, ToolFunctionSchema, ToolKind, ToolPlugin } from "@dagstack/plugin-system/kinds/tool";
import type { TextFilterKind, TextFilterPlugin } from "./text_filter.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>) {}

const plain = new PluginRegistry();
const registry = new PluginRegistry<{ tool: ToolKind; text_filter: TextFilterKind }>();
export const assigned: PluginRegistry = registry;
export const takes = (_: PluginRegistry) => {};
takes(registry);
takes(plain);

export async function untyped(kind: string) {
  same<unknown, Awaited<ReturnType<typeof plain.dispatch>>>(true);
  const result = await plain.dispatch(kind, "any", 1, { timeoutMs: 1 });
  same<unknown, typeof result>(true);
  await plain.dispatch(kind, kind);
  const called = await plain.call(kind, "a", "b", [1, 2]);
  same<unknown, typeof called>(true);
}

export async function dispatched() {
  const input = { function: "add", args: { a: 1 } };
  const one = await registry.dispatch("tool", "execute", input, { timeoutMs: 5 });
  same<ToolExecuteOutput, typeof one>(true);
  const all = await registry.dispatch("tool", "get_schema");
  same<CollectedResults<ToolFunctionSchema[]>, typeof all>(true);
  const failed: string | undefined = all.failures[0]?.plugin;
  const told = await registry.dispatch("text_filter", "hear", { subject: "a" });
  same<void, typeof told>(true);
  const chained = await registry.dispatch("text_filter", "clean_up", { subject: "a" });
  same<string, typeof chained.subject>(true);
  const picked = await registry.dispatch("text_filter", "pick");
  same<number | undefined, typeof picked.words>(true);
  // @ts-expect-error no such kind
  await registry.dispatch("tol", "execute", input);
  // @ts-expect-error no such hook
  await registry.dispatch("tool", "exec", input);
  // @ts-expect-error hooks are dispatched by the name in the hookspec
  await registry.dispatch("tool", "getSchema");
  // @ts-expect-error a hook of another kind
  await registry.dispatch("tool", "hear", input);
  // @ts-expect-error no input
  await registry.dispatch("tool", "execute");
  // @ts-expect-error input of another type
  await registry.dispatch("tool", "execute", { function: 1, args: {} });
  // @ts-expect-error a field that is not there
  await registry.dispatch("text_filter", "hear", { subject: "a", body: "b" });
  // @ts-expect-error an answer of another type
  const text: string = await registry.dispatch("tool", "execute", input);
  return [failed, text];
}

export async function called() {
  const one = await registry.call("tool", "calculator", "execute", [{ function: "add", args: {} }]);
  same<ToolExecuteOutput, typeof one>(true);
  // @ts-expect-error two arguments
  await registry.call("tool", "calculator", "execute", [{ function: "add", args: {} }, 1]);
  // @ts-expect-error input of another type
  await registry.call("tool", "calculator", "execute", [{ fonction: "add", args: {} }]);
}

export async function handled() {
  const tool: PluginHandle<ToolPlugin> = registry.getPlugin<ToolPlugin>("tool", { name: "calculator" });
  const answer = await tool.execute({ function: "add", args: {} });
  same<ToolExecuteOutput, typeof answer>(true);
  const listed: ToolFunctionSchema[] = await tool.getSchema({});
  // @ts-expect-error no such hook
  await tool.exec({});
  // @ts-expect-error input of another type
  await tool.execute({ function: "add" });
  const filter = registry.getPlugin<TextFilterPlugin>("text_filter");
  same<null, Awaited<ReturnType<typeof filter.undo>>>(true);
  // @ts-expect-error a handle has no lifecycle methods
  await filter.setup({});
  return listed;
}

export class Good implements TextFilterPlugin {
  cleanUp = (mail: { subject: string }) => mail.subject === "" ? STOP_CHAIN : mail;
  hear() {
    return {};
  }
  pick(_: Record<string, unknown>) {
    return Promise.resolve({ subject: "a", words: 1 });
  }
}

export class Bad implements TextFilterPlugin {
  // @ts-expect-error answers something else
  cleanUp = (mail: { subject: string }) => mail.subject;
  // @ts-expect-error wants more than it is given
  hear(mail: { subject: string; words: number }) {
    return { mail };
  }
  // @ts-expect-error STOP_CHAIN is for chains
  pick() {
    return STOP_CHAIN;
  }
}

export const dispatcher = new SingletonDispatcher<ToolExecuteInput, ToolExecuteOutput>("tool");
`;

Deno.test("right uses of emitted types compile, and each wrong one is refused", async () => {
  await using folder = new TempFolder();
  await folder.write({ "text_filter.ts": await emitTypeScript(TEXT), "uses.ts": USES });
  assertEquals(await checkTypes(folder.path, ["uses.ts"]), { code: 0, text: "" });
});

Deno.test("what the compiler says of a wrong use names it", async () => {
  await using folder = new TempFolder();
  const head = `import { PluginRegistry } from "@dagstack/plugin-system";
    import type { ToolKind, ToolPlugin } from "@dagstack/plugin-system/kinds/tool";
    const registry = new PluginRegistry<{ tool: ToolKind }>();\n`;
  await folder.write({
    "kind.ts": `${head}registry.dispatch("chunker", "execute", {} as never);`,
    "hook.ts": `${head}registry.dispatch("tool", "run", {} as never);`,
    "input.ts": `${head}registry.dispatch("tool", "execute", { function: "a" });`,
    "lacks.ts": `${head}export class Half implements ToolPlugin { getSchema() { return []; } }`,
  });
  const { code, text } = await checkTypes(folder.path, ["kind.ts", "hook.ts", "input.ts", "lacks.ts"]);
  assert(code !== 0);
  assertStringIncludes(text, `Argument of type '"chunker"' is not assignable to parameter of type '"tool"'`);
  assertStringIncludes(
    text,
    `Argument of type '"run"' is not assignable to parameter of type '"get_schema" | "execute"'`,
  );
  assertStringIncludes(text, `Property 'args' is missing in type '{ function: string; }'`);
  assertStringIncludes(text, `Property 'execute' is missing in type 'Half' but required in type 'ToolPlugin'`);
});
