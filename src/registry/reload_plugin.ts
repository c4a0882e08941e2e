import { PluginLoadError, PluginUnavailable } from "../errors.ts";
import { loadManifest } from "../manifest/mod.ts";
import type { Fence } from "./fence.ts";
import type { PluginRecord } from "./record.ts";
import { answers, refreshLive } from "./states.ts";
import type { Registration } from "./registration.ts";

/** What a reload needs of the registry. */
export interface ReloadSteps {
  /** Holds calls back. */
  fence: () => Fence;
  /** Makes an unregistered plugin. */
  prepare: (registration: Registration) => Promise<PluginRecord>;
  /** Starts one; it is `active` or `unavailable` afterwards. */
  start: (record: PluginRecord) => Promise<void>;
  /** Puts a plugin into the place of another. */
  replace: (old: PluginRecord, fresh: PluginRecord) => void;
  /** Whether another reload waits for this one: calls are then held back on. */
  isAskedAgain: () => boolean;
  /** Ends the old one. */
  retire: (old: PluginRecord) => Promise<unknown>;
}

/**
 * Puts a fresh instance into a plugin's place: its manifest is read again, its code loaded again, its `setup` called. No
 * call that is made after the reload has begun is answered by the old instance: calls are held back until the fresh one
 * is ready, and then go to it in their order. When that fails the old one is put back, and the calls go to it. Calls that
 * were under way end where they began, and then the old one is torn down.
 *
 * @throws {PluginUnavailable | PluginLoadError | ManifestInvalid | VersionIncompatible} If the plugin cannot be reloaded,
 * or the fresh instance cannot be started; the registry is then as it was.
 */
export async function reloadPlugin(old: PluginRecord, steps: ReloadSteps): Promise<void> {
  const fence = old.fence ??= steps.fence(); // that of a reload before this one, if it has not let go
  refreshLive(old);
  let fresh: PluginRecord | undefined;
  try {
    refuse(old);
    fresh = await steps.prepare(await again(old));
    fresh.generation = old.generation + 1;
    fresh.calls = old.calls.successor();
    fresh.restarts = old.restarts ?? 0;
    if (old.handle !== undefined) fresh.handle = old.handle;
    if (old.lastError !== undefined) fresh.lastError = old.lastError;
    await steps.start(fresh);
    if (old.stopped !== undefined) throw new PluginUnavailable(old.id, "it was torn down while it was reloaded");
    if (!answers(fresh.state)) throw fresh.error ?? new PluginUnavailable(old.id, `it is ${fresh.state}`);
  } catch (error) {
    if (fresh !== undefined && answers(fresh.state)) await steps.retire(fresh);
    letGo(old, fence, steps);
    throw error;
  }
  fresh.fence = fence;
  steps.replace(old, fresh);
  delete old.fence;
  letGo(fresh, fence, steps);
  await steps.retire(old);
}

/** Lets calls through to an instance, unless another reload was asked for meanwhile. */
function letGo(record: PluginRecord, fence: Fence, { isAskedAgain }: ReloadSteps): void {
  if (isAskedAgain()) return;
  delete record.fence;
  refreshLive(record);
  fence.lift();
}

function refuse({ id, state, module, stopped, leaks }: PluginRecord): void {
  if (stopped !== undefined) throw new PluginUnavailable(id, "it is torn down");
  if (state === "registered" || state === "stopped" || state === "starting") {
    throw new PluginUnavailable(id, `it is ${state}; only a plugin that setupAll has started can be reloaded`);
  }
  if (state === "leaked" || state === "requires_restart" || leaks === true) {
    const why = state !== "requires_restart"
      ? "its teardown never ended"
      : "its teardown asked for a restart of the host";
    throw new PluginUnavailable(id, `it cannot be reloaded before the host is started anew: ${why}`);
  }
  if (typeof module === "object") {
    throw new PluginLoadError(
      `Cannot reload plugin "${id}": the host gave an object, of which there is no second; give a class or a factory`,
      { plugin: id },
    );
  }
}

/** What the plugin is registered from, read again. */
async function again({ id, registration }: PluginRecord): Promise<Registration> {
  const { file } = registration;
  if (file === undefined || registration.fromValue === true) return registration;
  const manifest = await loadManifest(file);
  const now = `${manifest.kind}/${manifest.name}`;
  if (now !== id) {
    throw new PluginLoadError(
      `Cannot reload plugin "${id}": its manifest "${file}" now names "${now}"; discover it as another plugin`,
      { plugin: id },
    );
  }
  return { ...registration, manifest };
}
