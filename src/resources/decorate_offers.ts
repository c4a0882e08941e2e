import { PluginRegistryError } from "../errors.ts";
import { decorateMembers } from "./decorate_members.ts";
import type { Decoration, ResourceDecorator, ResourceOwner, TakeReport } from "./decorator.ts";
import { isSynchronous, methodNames, type Offer } from "./offers.ts";
import { type CallRecorder, reportedCalls } from "./resource_report.ts";

/** An offer that is complete: a fresh folder has become one that lives in the scope. */
export type GivenOffer = Exclude<Offer, { how: "temp dir" }>;

/** What stands between one plugin and its resources, put around them. */
export interface DecoratedOffers {
  offers: Map<string, GivenOffer>;
  /** Takes what the plugin's scope reports, where somebody wants to know. */
  takeReport?: (calls: unknown, dropped: unknown) => void;
}

/**
 * Decorates what one plugin is offered.
 *
 * @param offers By resource name.
 * @param owner The plugin.
 * @param decoration What the host and middleware put around resources.
 * @param record Records calls on the host's side; its batches are to go to `takeReport`.
 * @throws {PluginRegistryError} If a decorator cannot do what it is for. What a decorator throws is passed on as cause.
 */
export async function decorateOffers(
  offers: ReadonlyMap<string, GivenOffer>,
  owner: ResourceOwner,
  decoration: Decoration,
  record: () => CallRecorder,
): Promise<DecoratedOffers> {
  const decorated = new Map<string, GivenOffer>();
  const takers = new Map<string, TakeReport[]>();
  const reporter = await decoration.reporter?.();
  const reports = new Map(decoration.decorators.map((one) => [one, one.report?.bind(one)]));
  for (const [name, offer] of offers) {
    const own = decoration.decorators.filter(({ resource }) => resource === name || resource === "*");
    const livesThere = offer.how === "in scope" || isSynchronous(name);
    const wanted = own.flatMap((one) => wantsReport(one, offer) ? [reports.get(one)!] : []);
    if (reporter !== undefined && livesThere) wanted.push(reporter);
    if (offer.how === "in scope") {
      refuseUndecorable(name, own, owner);
      const isReported = wanted.length > 0 && offer.data.type !== "nothing";
      decorated.set(name, isReported ? { ...offer, isReported } : offer);
      if (isReported) takers.set(name, wanted);
      continue;
    }
    let instance = own.reduce((inner, one) => decorate(one, inner, name, offer.methods, owner), offer.instance);
    if (wanted.length > 0) {
      takers.set(name, wanted);
      const recorder = record();
      const around = (method: string, call: (...args: unknown[]) => unknown) => (...args: unknown[]) =>
        recorder.call(name, method, () => call(...args));
      instance = decorateMembers(instance, around);
    }
    const { around } = decoration;
    if (around !== undefined && !livesThere) { // middleware answers later, which a synchronous method cannot
      instance = decorateMembers(
        instance,
        (method, call) => (...args) => around(name, method, args, (changed) => call(...changed)),
      );
    }
    decorated.set(name, { ...offer, instance });
  }
  if (takers.size === 0) return { offers: decorated };
  return { offers: decorated, takeReport: (calls, dropped) => deliver(calls, dropped, owner, takers, decoration) };
}

/** A decorator that has both takes reports only where it cannot decorate. */
function wantsReport({ decorate, report }: ResourceDecorator, { how }: GivenOffer): boolean {
  return report !== undefined && (how === "in scope" || decorate === undefined);
}

function refuseUndecorable(name: string, own: readonly ResourceDecorator[], { plugin }: ResourceOwner): void {
  if (own.every(({ resource, report }) => resource === "*" || report !== undefined)) return;
  throw new PluginRegistryError(
    `Cannot decorate resource "${name}" for plugin "${plugin}": it lives in the plugin's scope, where its calls send no ` +
      `message; give the decorator a report(calls) method, or offer "${name}" as an object of the host's own`,
    { plugin },
  );
}

function decorate(
  decorator: ResourceDecorator,
  inner: object,
  resource: string,
  methods: readonly string[],
  owner: ResourceOwner,
): object {
  if (decorator.decorate === undefined) return inner;
  const cannot = (state: string, cause?: unknown) =>
    new PluginRegistryError(`Cannot decorate resource "${resource}" for plugin "${owner.plugin}": ${state}`, {
      plugin: owner.plugin,
      ...(cause === undefined ? {} : { cause }),
    });
  let decorated: unknown;
  let has: readonly string[];
  try {
    decorated = decorator.decorate(inner, { ...owner, resource });
    has = methodNames(decorated);
  } catch (error) {
    throw cannot(error instanceof Error ? `${error.name}: ${error.message}` : String(error), error);
  }
  if (typeof decorated !== "object" || decorated === null) throw cannot(`its decorator gave ${typeof decorated}`);
  const lost = methods.filter((method) => !has.includes(method)).map((method) => `"${method}"`);
  if (lost.length === 0) return decorated;
  throw cannot(`what its decorator gave lacks ${lost.join(", ")}; give an object with all of the resource's methods`);
}

/** Tells each taker of its own resources' calls. One that fails harms nobody else. */
function deliver(
  told: unknown,
  more: unknown,
  { plugin }: ResourceOwner,
  takers: ReadonlyMap<string, readonly TakeReport[]>,
  { failed }: Decoration,
): void {
  const { calls, dropped } = reportedCalls(told, more, plugin, new Set(takers.keys()));
  for (const taker of new Set([...takers.values()].flat())) {
    const own = calls.filter(({ resource }) => takers.get(resource)!.includes(taker));
    if (own.length === 0 && dropped === 0) continue;
    const tell = (error: unknown) => failed(`Cannot report ${own.length} calls of plugin "${plugin}"`, error);
    try {
      const taking: unknown = taker(own, dropped);
      if (taking instanceof Promise) taking.catch(tell);
    } catch (error) {
      tell(error);
    }
  }
}
