import { withLimit } from "../deadlines.ts";
import { HookTimeout, PluginUnavailable } from "../errors.ts";
import type { PluginRecord } from "./record.ts";
import { answers, type PluginState, type PluginStates, refreshLive } from "./states.ts";

/** How a plugin's end went. */
export interface Ended {
  /** What failed. */
  errors: Error[];
  /** What it is now. */
  state: PluginState;
  /** Why it had ended by itself before it was to. */
  fault?: PluginUnavailable;
}

/**
 * Ends a plugin that has started: no new calls; those under way are waited for, then given up and their signals aborted;
 * its `teardown`, which can ask `context.inFlight()` what still runs; then the end of its scope. Never rejects, and
 * leaves the plugin's state to the caller.
 *
 * @param record The plugin. Its `opened` is taken from it.
 * @param drainMs How long calls under way are waited for.
 */
export async function endPlugin(record: PluginRecord, drainMs: number): Promise<Ended> {
  const { opened, manifest, id, calls } = record;
  if (opened === undefined) return { errors: [], state: "stopped" };
  record.live = undefined;
  await drain(record, drainMs);
  const errors: Error[] = [];
  let state = "stopped" as PluginState;
  const limitMs = manifest.teardown_timeout_sec * 1000;
  try {
    const teardown = opened.scope.teardown();
    const given = await (opened.inspected ? teardown : withLimit(teardown, limitMs, (elapsedMs) => {
      state = "leaked";
      teardown.then(() => calls.late++, () => {}); // counted, never applied
      return new HookTimeout("teardown", limitMs, elapsedMs, { plugin: id });
    }));
    if (given === false) state = "requires_restart";
  } catch (error) {
    errors.push(error instanceof Error ? error : new Error(String(error)));
  }
  delete record.opened;
  calls.abort(new PluginUnavailable(id, "it is torn down"));
  let left: Error[] = [];
  try {
    left = await opened.close(state === "leaked" ? "overdue" : "stopped");
  } catch (error) {
    errors.push(error as Error);
  }
  const reason = await opened.scope.ended.promise;
  if (reason === "closed") return { errors: [...errors, ...left], state };
  // It had failed by itself when it was to be torn down: that is its state, and no failure of the teardown.
  return { errors: left, state: "unavailable", fault: new PluginUnavailable(id, reason) };
}

/** Waits for the calls under way, and gives up what takes too long. */
async function drain({ calls, id, opened }: PluginRecord, drainMs: number): Promise<void> {
  if (calls.size === 0) return;
  const ended = opened!.scope.ended.promise;
  await withLimit(Promise.race([calls.drained(), ended]), drainMs, () => new Error("late")).catch(() => {
    calls.abort(new PluginUnavailable(id, "it is torn down"));
  });
}

/** Ends a start that is under way, where it can be: code in the host's own isolate goes on until it is through. */
export async function interrupt({ sandbox, opened }: PluginRecord): Promise<void> {
  if (sandbox !== "none") await opened?.close("fault");
}

/** Stops one plugin for good, also one that is still starting. Never rejects: what failed is the result. */
export async function stopPlugin(record: PluginRecord, states: PluginStates, drainMs: number): Promise<Ended> {
  record.fence?.close();
  await record.ending;
  if (record.starting !== undefined) {
    record.stopping = true;
    await interrupt(record);
    await record.starting;
    record.stopping = false;
    if (!answers(record.state)) states.move(record, "stopped");
  }
  const wasUp = record.opened !== undefined;
  refreshLive(record);
  const ended = await endPlugin(record, drainMs);
  if (ended.fault !== undefined) states.move(record, "unavailable", ended.fault);
  else if (wasUp) states.move(record, ended.state);
  return ended;
}
