/** The built-in kinds against SPEC sections 11 and 12. */
import { assert, assertEquals } from "@std/assert";
import {
  type CompiledHookspec,
  compileHookspec,
  loadHookspec,
  ORCHESTRATOR_HOOKSPEC,
  TOOL_HOOKSPEC,
  validateHookspec,
} from "../../src/hookspec/mod.ts";
import { PROJECT } from "../support.ts";

for (const built of [TOOL_HOOKSPEC, ORCHESTRATOR_HOOKSPEC]) {
  Deno.test(`the built-in kind ${built.kind} is what its file says, and frozen`, async () => {
    assertEquals(await loadHookspec(new URL(`kinds/${built.kind}/v1.yaml`, PROJECT)), built);
    assertEquals(validateHookspec(built), built);
    assert(Object.isFrozen(built) && Object.isFrozen(built.hooks[0]?.input_schema));
  });
}

Deno.test("the hooks of the built-in kinds are those of the contract", () => {
  const rows = [TOOL_HOOKSPEC, ORCHESTRATOR_HOOKSPEC].flatMap(({ kind, hooks }) =>
    hooks.map((hook) => [kind, hook.name, hook.dispatch, hook.mcp_exposed, hook.optional])
  );
  assertEquals(rows, [
    ["tool", "get_schema", "broadcast_collect", false, false],
    ["tool", "execute", "singleton", true, false],
    ["orchestrator", "enqueue", "singleton", false, false],
    ["orchestrator", "status", "singleton", false, false],
    ["orchestrator", "backfill", "singleton", false, false],
  ]);
  assertEquals(TOOL_HOOKSPEC.hooks[1]?.mcp_tool_name_template, "{kind}.{plugin}.{hook}.{function}");
  assertEquals(ORCHESTRATOR_HOOKSPEC.constraints, { in_process_only: true, singleton_per_runtime: true });
});

const ADD = { name: "add", description: "Adds", parameters: { type: "object" } };
const UNIT = { unit_id: "u1" };

/** A hook, input or output, a value, and where it is wrong. */
const SAMPLES: [hook: string, side: "input" | "output", value: unknown, wrong?: string][] = [
  ["get_schema", "input", {}],
  ["get_schema", "input", { any: 1 }, '$: no field "any"'],
  ["get_schema", "output", []],
  ["get_schema", "output", [ADD]],
  ["get_schema", "output", ADD, "$: a list"],
  ["get_schema", "output", [{ ...ADD, name: "Add" }], "$[0].name: text that matches /^[a-z][a-z0-9_]*$/"],
  ["get_schema", "output", [{ ...ADD, parameters: true }], "$[0].parameters: an object"],
  ["get_schema", "output", [{ ...ADD, more: 1 }], '$[0]: no field "more"'],
  ["get_schema", "output", [{ name: "add", parameters: {} }], '$[0]: the field "description"'],
  ["execute", "input", { function: "add", args: { a: 1 } }],
  ["execute", "input", { function: "add" }, '$: the field "args"'],
  ["execute", "input", { function: "add", args: [] }, "$.args: an object"],
  ["execute", "input", { function: "add", args: {}, more: 1 }, '$: no field "more"'],
  ["execute", "output", { result: null }],
  ["execute", "output", { result: 3, is_error: true, error_message: "no", more: 1 }],
  ["execute", "output", { is_error: true }, '$: the field "result"'],
  ["execute", "output", { result: 3, is_error: "no" }, "$.is_error: true or false"],
  ["enqueue", "input", { plugin_name: "p", args: {}, idempotency_key: "k", partition_key: "a" }],
  ["enqueue", "input", { plugin_name: "p" }, '$: the field "args"'],
  ["enqueue", "input", { plugin_name: "p", args: {}, key: "k" }, '$: no field "key"'],
  ["enqueue", "output", { unit_id: "u1", deduplicated: false }],
  ["enqueue", "output", UNIT, '$: the field "deduplicated"'],
  ["status", "input", UNIT],
  ["status", "input", {}, '$: the field "unit_id"'],
  ["status", "output", { ...UNIT, state: "failed", started_at: "2026-01-01T00:00:00Z", progress: {}, error: "no" }],
  ...["queued", "running", "succeeded", "failed", "cancelled", "expired"].map((
    state,
  ): [string, "output", unknown] => ["status", "output", { ...UNIT, state }]),
  [
    "status",
    "output",
    { ...UNIT, state: "done" },
    '$.state: one of "queued", "running", "succeeded", "failed", "cancelled", "expired"',
  ],
  ["backfill", "input", {}],
  ["backfill", "input", { plugin_name: "p", states: ["failed", "cancelled"], since: "2026-01-01T00:00:00Z" }],
  ["backfill", "input", { states: ["running"] }, '$.states[0]: one of "failed", "expired", "cancelled"'],
  ["backfill", "output", { enqueued_count: 1, skipped_count: 0 }],
  ["backfill", "output", { enqueued_count: -1 }, "$.enqueued_count: a whole number of at least 0"],
];

const compiled: Promise<CompiledHookspec[]> = Promise.all([TOOL_HOOKSPEC, ORCHESTRATOR_HOOKSPEC].map(compileHookspec));

for (const [name, side, value, wrong] of SAMPLES) {
  const verdict = wrong === undefined ? "fits" : "does not fit";
  Deno.test(`${JSON.stringify(value)} ${verdict} the ${side} of ${name}`, async () => {
    const hook = (await compiled).map(({ hooks }) => hooks.get(name)).find((own) => own !== undefined)!;
    const problem = side === "input" ? hook.checkInput(value) : hook.checkOutput(value);
    assertEquals(problem && `${problem.path}: ${problem.expected}`, wrong);
  });
}
