import type { JsonValue } from "../json.ts";
import { nearNames } from "../near.ts";
import { Changes, meansTheSame, orderedJson, SchemaDiff } from "../schema/mod.ts";
import { type HookspecChange, inputSide, outputSide } from "./diff_change.ts";
import { biggerBump, isStepEnough, type VersionBump, type VersionStep, versionStep } from "./diff_version.ts";
import type { HookDefinition, Hookspec } from "./hookspec.ts";

/** What changed between two hookspecs of a kind. */
export interface HookspecDiff {
  /** Everything that changed: the kind first, then hook by hook in the order of the old hookspec, new hooks last. */
  readonly changes: readonly HookspecChange[];
  /** The SemVer step that the changes call for. */
  readonly bump: VersionBump;
  /** The step that `kind_api_version` made. */
  readonly declared: VersionStep;
  /** Whether the step made is at least the one called for; below 1.0.0 one place further right. */
  readonly ok: boolean;
  /** All of it as text, a line for each change. */
  toString(): string;
}

/**
 * Finds what changed between two hookspecs of a kind, whom it breaks, and the version step that it calls for.
 *
 * A hook has two sides, plugins and callers, and both count: an input schema that accepts more breaks plugins, one that accepts
 * less breaks callers; with outputs it is the other way round. A new optional field or hook is compatible. What cannot be shown to be
 * harmless counts as breaking.
 *
 * @param old The hookspec as it was.
 * @param next The hookspec as it is.
 * @throws {RangeError} If they are of different kinds, or a version is no SemVer.
 *
 * @example
 * ```ts
 * import { diffHookspecs, TOOL_HOOKSPEC } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * const next = { ...TOOL_HOOKSPEC, hooks: TOOL_HOOKSPEC.hooks.slice(1) };
 * const diff = diffHookspecs(TOOL_HOOKSPEC, next);
 * assertEquals([diff.bump, diff.declared, diff.ok], ["major", "none", false]);
 * ```
 */
export function diffHookspecs(old: Hookspec, next: Hookspec): HookspecDiff {
  if (old.kind !== next.kind) {
    throw new RangeError(`Cannot compare hookspec "${old.kind}" with "${next.kind}": expected two of one kind`);
  }
  const declared = versionStep(old.kind_api_version, next.kind_api_version);
  const changes = new Changes();
  if (old.description !== next.description) changes.add("cosmetic", "description", "description is another");
  diffConstraints(old.constraints, next.constraints, changes);
  diffHooks(old.hooks, next.hooks, changes);
  const bump = changes.found.reduce((most: VersionBump, { kind }) => biggerBump(most, bumps[kind]), "none");
  const ok = isStepEnough(bump, old.kind_api_version, declared);
  const found = Object.freeze(changes.found.map((change) => Object.freeze(change)));
  return Object.freeze({
    changes: found,
    bump,
    declared,
    ok,
    toString: () => asText(old, next, found, bump, declared, ok),
  });
}

const bumps: Record<HookspecChange["kind"], VersionBump> = {
  breaking: "major",
  compatible: "minor",
  cosmetic: "patch",
};

function diffConstraints(old: JsonValue | undefined, next: JsonValue | undefined, changes: Changes): void {
  if (orderedJson(old ?? null) === orderedJson(next ?? null) && (old === undefined) === (next === undefined)) return;
  const what = old === undefined ? "are new" : next === undefined ? "are gone" : "are others";
  const who = old === undefined
    ? "plugins keep them"
    : next === undefined
    ? "callers do without them"
    : "plugins keep them and callers need no others";
  changes.add("breaking", "constraints", `constraints ${what}: cannot show that ${who}`);
}

function diffHooks(old: readonly HookDefinition[], next: readonly HookDefinition[], changes: Changes): void {
  const added = next.filter((hook) => !old.some(({ name }) => name === hook.name));
  const kept: string[] = [];
  for (const hook of old) {
    const same = next.find(({ name }) => name === hook.name);
    if (same !== undefined) {
      kept.push(hook.name);
      diffHook(hook, same, changes);
      continue;
    }
    const renamed = findRenamed(hook, added);
    if (renamed === undefined) {
      changes.add("breaking", `hooks.${hook.name}`, `the hook is gone: breaks callers of "${hook.name}"`);
      continue;
    }
    added.splice(added.indexOf(renamed), 1);
    const message =
      `the hook seems to be called "${renamed.name}" now: breaks plugins, which lack it, and callers of "${hook.name}"`;
    changes.add("breaking", `hooks.${hook.name}`, message);
    diffHook(hook, renamed, changes);
  }
  for (const hook of added) {
    if (hook.optional) changes.add("compatible", `hooks.${hook.name}`, "the hook is new and optional");
    else changes.add("breaking", `hooks.${hook.name}`, "the hook is new and required: breaks plugins, which lack it");
  }
  const order = next.map(({ name }) => name).filter((name) => kept.includes(name));
  if (order.join() !== kept.join()) changes.add("cosmetic", "hooks", "the hooks stand in another order");
}

/** The new hook that an old one was renamed to: dispatched alike, with schemas that mean the same. */
function findRenamed(hook: HookDefinition, added: readonly HookDefinition[]): HookDefinition | undefined {
  const alike = added.filter((other) =>
    other.dispatch === hook.dispatch &&
    meansTheSame(other.input_schema, hook.input_schema) &&
    meansTheSame(other.output_schema, hook.output_schema)
  );
  const [near] = nearNames(hook.name, alike.map(({ name }) => name));
  return alike.find(({ name }) => name === near) ?? alike.find(({ description }) => description === hook.description) ??
    alike[0];
}

function diffHook(old: HookDefinition, next: HookDefinition, changes: Changes): void {
  const path = `hooks.${next.name}`;
  if (old.dispatch !== next.dispatch) {
    const message =
      `"${next.dispatch}" instead of "${old.dispatch}": breaks callers, and plugins may be called otherwise`;
    changes.add("breaking", `${path}.dispatch`, message);
  }
  if (old.description !== next.description) changes.add("cosmetic", `${path}.description`, "description is another");
  new SchemaDiff(changes, inputSide).compare(old.input_schema, next.input_schema, `${path}.input_schema`);
  new SchemaDiff(changes, outputSide).compare(old.output_schema, next.output_schema, `${path}.output_schema`);
  diffErrorPolicy(old, next, changes, path);
  if (old.optional !== next.optional) {
    const message = next.optional
      ? "the hook is optional now: breaks callers, which may find plugins without it"
      : "the hook is required now: breaks plugins that lack it";
    changes.add("breaking", `${path}.optional`, message);
  }
  if (old.mcp_exposed !== next.mcp_exposed) {
    if (next.mcp_exposed) changes.add("compatible", `${path}.mcp_exposed`, "the hook can be called over MCP now");
    else {changes.add(
        "breaking",
        `${path}.mcp_exposed`,
        "the hook can no longer be called over MCP: breaks callers there",
      );}
  }
  diffToolName(old, next, changes, path);
}

function diffErrorPolicy(old: HookDefinition, next: HookDefinition, changes: Changes, path: string): void {
  const policy = (hook: HookDefinition) =>
    hook.dispatch === "broadcast_collect" ? hook.error_policy ?? "fail_fast" : undefined;
  const [was, is] = [policy(old), policy(next)];
  if (was === undefined || is === undefined || was === is) return;
  const message = is === "best_effort"
    ? "a failure no longer fails the call: breaks callers, which may get part of the results unasked"
    : "a failure fails the call now: breaks callers, which got the rest of the results";
  changes.add("breaking", `${path}.error_policy`, message);
}

function diffToolName(old: HookDefinition, next: HookDefinition, changes: Changes, path: string): void {
  const [was, is] = [old.mcp_tool_name_template, next.mcp_tool_name_template];
  if (was === is) return;
  const message = `"${is}" instead of "${was}"`;
  if (old.mcp_exposed && next.mcp_exposed) {
    changes.add("breaking", `${path}.mcp_tool_name_template`, `${message}: breaks callers over MCP`);
  } else changes.add("cosmetic", `${path}.mcp_tool_name_template`, `${message}, where nobody called it by that name`);
}

function asText(
  old: Hookspec,
  next: Hookspec,
  changes: readonly HookspecChange[],
  bump: VersionBump,
  declared: VersionStep,
  ok: boolean,
): string {
  const versions = `${old.kind_api_version} to ${next.kind_api_version}`;
  const step = declared === "backwards" ? "the version went backwards" : `the version made the step "${declared}"`;
  const head = `hookspec "${old.kind}", ${versions}: the changes call for "${bump}", ${step}: ${
    ok ? "ok" : "not enough"
  }`;
  return [head, ...changes.map(({ kind, path, message }) => `  ${kind.padEnd(10)} ${path}: ${message}`)].join("\n");
}
