import type { Deadlines } from "../deadlines.ts";
import { DispatchMismatch, HookUnknown, KindUnknown } from "../errors.ts";
import { nearNames } from "../near.ts";
import type { DirectHook } from "./direct.ts";
import { findHook } from "./find_hook.ts";
import type { DispatchOptions } from "./filter.ts";
import type { DispatchClass } from "../hookspec/mod.ts";
import { carriesAnything, type DispatchTarget, type Waiter } from "./target.ts";

/** A candidate of a dispatch: a plugin, and the hook under the plugin's own name for it. */
export interface Stage {
  /** The plugin. */
  readonly target: DispatchTarget;
  /** Its hook. */
  readonly hook: string;
  /** The shortest way to that. */
  readonly direct?: DirectHook | undefined;
}

/** A dispatch made ready once, to be started often. */
export interface PreparedDispatch {
  /**
   * Starts it. Never throws.
   *
   * @param input The input.
   * @param waiter Is told once, perhaps before this returns.
   * @param options Of this dispatch.
   */
  start(input: unknown, waiter: Waiter, options?: DispatchOptions): void;
}

/**
 * The candidates of a dispatch: the plugins of the kind that have the hook, in the order given.
 *
 * @param kind The kind.
 * @param hook The hook, by its hookspec name.
 * @param asked The class that it is dispatched by.
 * @param plugins Of any kind.
 * @throws {KindUnknown} If none is of the kind.
 * @throws {DispatchMismatch} If the hook is declared to be dispatched by another class.
 * @throws {HookUnknown} If none has the hook.
 */
export function stagesFor(
  kind: string,
  hook: string,
  asked: DispatchClass,
  plugins: readonly DispatchTarget[],
): Stage[] {
  const ofKind = plugins.filter(({ manifest }) => manifest.kind === kind);
  if (ofKind.length === 0) throw new KindUnknown(`Cannot dispatch "${hook}": no plugin of kind "${kind}" is running`);
  for (const target of ofKind) {
    const declared = target.declaration?.(hook)?.dispatch;
    if (declared !== undefined && declared !== asked) throw new DispatchMismatch(kind, hook, declared, asked);
  }
  const stages: Stage[] = [];
  for (const target of ofKind) {
    const own = target.ownName?.(hook) ?? findHook(target.hooks, hook);
    if (own !== undefined) stages.push({ target, hook: own });
  }
  if (stages.length === 0) throw hookUnknown(kind, hook, ofKind);
  return withDirect(stages);
}

/** With the shortest way to each that has one. A chain or a broadcast stands in one list of deadlines, and so must they. */
function withDirect(stages: readonly Stage[]): Stage[] {
  let deadlines: Deadlines | undefined;
  return stages.map(({ target, hook }) => {
    const direct = target.direct?.(hook);
    deadlines ??= direct?.deadlines;
    return { target, hook, direct: direct?.deadlines === deadlines ? direct : undefined };
  });
}

/** Calls one plugin, the shortest way that there is. */
export function startStage(stage: Stage, input: unknown, waiter: Waiter, options: DispatchOptions | undefined): void {
  const { target, hook, direct } = stage;
  const mayBeDirect = options === undefined || !carriesAnything(options);
  if (mayBeDirect && direct?.start(input, waiter) === true) return;
  target.start(hook, [input], waiter, options);
}

function hookUnknown(kind: string, hook: string, plugins: readonly DispatchTarget[]): HookUnknown {
  const all = new Set(plugins.flatMap(({ hooks }) => [...hooks]));
  const near = nearNames(hook, all).slice(0, 5).map((name) => `"${name}"`);
  const list = [...all].sort().slice(0, 20).map((name) => `"${name.slice(0, 64)}"`).join(", ") || "none";
  const known = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `their hooks are ${list}`;
  return new HookUnknown(`Cannot dispatch "${hook}": no plugin of kind "${kind}" has such a hook; ${known}`);
}

/** As `kind/name`. */
export function idOf({ target: { manifest } }: Stage): string {
  return `${manifest.kind}/${manifest.name}`;
}

/** What a plugin threw, as an error: in-process code may throw anything. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`thrown value: ${describe(thrown)}`, { cause: thrown });
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value; // an object whose toString throws
  }
}
