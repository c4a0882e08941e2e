/**
 * What a hookspec costs a call. The checks of a typical tool call, as the registry runs them, against the compiled
 * validators alone; and a whole call that is checked against one that is not.
 */
import { PluginRegistry, TOOL_HOOKSPEC } from "@dagstack/plugin-system";
import { Ajv2020 } from "ajv/dist/2020.js";
import { compileHookspec } from "../src/hookspec/mod.ts";
import { HookContract } from "../src/registry/hook_contract.ts";
import { ToolFunctions } from "../src/registry/tool_functions.ts";
import { compare, type Comparison } from "./compare.ts";
import { silent } from "./sample_plugins.ts";

const ROUNDS = 30;
const CHECKS = 100_000;
const CALLS = 2_000;

const PARAMETERS = {
  type: "object",
  required: ["query"],
  properties: {
    query: { type: "string", minLength: 1, maxLength: 500 },
    limit: { type: "integer", minimum: 1, maximum: 100 },
    tags: { type: "array", items: { type: "string" }, maxItems: 20 },
    order: { enum: ["newest", "oldest", "best"] },
  },
  additionalProperties: false,
};
const LIST = [{ name: "search", description: "Finds documents.", parameters: PARAMETERS }];
const INPUT = {
  function: "search",
  args: { query: "how to start", limit: 10, tags: ["deno", "plugins"], order: "best" },
};
const OUTPUT = {
  result: [{ id: "a1", title: "Start here", score: 0.93 }, { id: "b2", title: "Then this", score: 0.71 }],
};

class Search {
  get_schema() {
    return LIST;
  }
  execute() {
    return OUTPUT;
  }
}

/** Nanoseconds of one of many. */
function each(count: number, work: () => unknown): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) work();
  return Promise.resolve((performance.now() - start) * 1e6 / count);
}

/** The schemas of a call, compiled and nothing else. */
function bareChecks(): () => void {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, ownProperties: true, verbose: true });
  const { input_schema, output_schema } = TOOL_HOOKSPEC.hooks.find(({ name }) => name === "execute")!;
  const [input, parameters, output] = [input_schema, PARAMETERS, output_schema].map((schema) =>
    ajv.compile(structuredClone(schema) as object)
  );
  return () => {
    if (!input!(INPUT) || !parameters!(INPUT.args) || !output!(OUTPUT)) throw new Error("it must fit");
  };
}

/** The same as a call does it. */
async function ourChecks(): Promise<() => void> {
  const { hooks } = await compileHookspec(TOOL_HOOKSPEC);
  const execute = hooks.get("execute")!;
  const functions = new ToolFunctions("tool/search", true, LIST);
  const refuse = (error: Error) => {
    throw error;
  };
  const contract = new HookContract(
    "tool/search",
    execute.definition,
    execute,
    refuse,
    (input) => functions.check(input),
  );
  await contract.guard!(INPUT);
  const given = [INPUT];
  return () => {
    const args = contract.arguments(given);
    if (contract.guard!(args[0]) !== undefined) throw new Error("it must not wait");
    contract.output(OUTPUT, INPUT);
  };
}

async function start(hookValidation: "strict" | "off", sandbox: "none" | "process"): Promise<PluginRegistry> {
  const registry = new PluginRegistry({ logger: silent, hookValidation, sandbox });
  await registry.addHookspec(TOOL_HOOKSPEC);
  const manifest = { kind: "tool", name: "search", runtime: "in_process", core_version: ">=0.1.0,<1.0.0" };
  await registry.registerModule(Search, manifest);
  await registry.setupAll();
  return registry;
}

export async function hookspecBench(): Promise<Comparison[]> {
  const bare = bareChecks();
  const ours = await ourChecks();
  const checks = await compare(
    "checks of a tool call, against the compiled validators alone",
    "ns",
    () => each(CHECKS, bare),
    () => each(CHECKS, ours),
    { rounds: ROUNDS, limit: 1.3 },
  );
  await using strict = await start("strict", "none");
  await using off = await start("off", "none");
  const calls = (registry: PluginRegistry) => async () => {
    const begun = performance.now();
    for (let i = 0; i < CALLS; i++) await registry.dispatch("tool", "execute", INPUT);
    return (performance.now() - begun) * 1e6 / CALLS;
  };
  const allowance = checks.floor;
  return [
    checks,
    await compare(
      "tool call of a trusted plugin, checked, adds to one unchecked: of the validators alone",
      "ns",
      calls(off),
      calls(strict),
      {
        rounds: ROUNDS,
        limit: 3,
        allowance,
      },
    ),
  ];
}
