import {
  type AroundCall,
  type Logger,
  NO_METADATA,
  type PluginContext,
  registeredDecorators,
  runInCall,
  runningCall,
} from "../context/mod.ts";
import { escapeControl } from "../escape_control.ts";
import {
  type CallResource,
  type Decoration,
  ReportQueue,
  type ResourceCall,
  type ResourceDecorator,
} from "../resources/mod.ts";
import type { Middleware } from "./middleware.ts";
import type { PluginRecord } from "./record.ts";
import type { WrappedCalls } from "./wrapped_calls.ts";

/** What decorating resources needs of the registry. */
export interface DecorationOptions {
  middleware: Middleware;
  calls: Pick<WrappedCalls, "around" | "report">;
  log: () => Logger;
}

/**
 * What stands between one plugin and its resources: the decorators of the host's context, and outside of them the
 * middleware that wraps the plugin's kind, where it has `wrapResource` or `resourceReport`.
 *
 * @param record The plugin.
 * @param context The host's.
 * @param options The registry's middleware, and how it is called.
 */
export function decorationOf(
  record: PluginRecord,
  context: PluginContext,
  { middleware, calls, log }: DecorationOptions,
): Decoration {
  const failed = (what: string, error: unknown) =>
    log().error(escapeControl(`${what}: ${error instanceof Error ? error.message : String(error)}`));
  const around = (resource: string, method: string, args: readonly unknown[], goOn: CallResource): unknown => {
    if (!middleware.covers(record)) return goOn(args);
    const all = middleware.ofKind(record);
    const wait = all.flatMap((one) => startOf(one, record));
    if (wait.length > 0) return Promise.all(wait).then(() => around(resource, method, args, goOn));
    const wraps = all.filter(guards);
    if (wraps.length === 0) return goOn(args);
    const running = runningCall();
    const { metadata = NO_METADATA } = running ?? {};
    const { kind, name: plugin } = record.manifest;
    const call: AroundCall = { kind, plugin, resource, hook: method, args, metadata };
    return calls.around(wraps, call, running?.signal, async (changed, carried) => {
      if (running === undefined || carried === metadata) return await goOn(changed);
      const own = {
        plugin: running.plugin,
        metadata: carried,
        get signal() {
          return running.signal;
        },
      };
      return await runInCall(own, () => goOn(changed));
    });
  };
  const queues = new Map<string, ReportQueue>(); // by middleware: a slow one holds up no other
  const queueOf = (one: PluginRecord): ReportQueue => {
    let queue = queues.get(one.id);
    if (queue === undefined) {
      queue = new ReportQueue({
        take: (reported, dropped) => calls.report(one, reported, dropped),
        failed: (lost, error) =>
          failed(`Cannot report ${lost} calls of plugin "${record.id}" to middleware "${one.id}"`, error),
      });
      queues.set(one.id, queue);
    }
    return queue;
  };
  const tell = (reported: readonly ResourceCall[], dropped: number): void => {
    for (const one of middleware.ofKind(record).filter(wantsReports)) void queueOf(one).add(reported, dropped);
  };
  return {
    decorators: registeredDecorators(context).map((one) =>
      queued(one, (lost, error) => failed(`Cannot report ${lost} calls of plugin "${record.id}"`, error))
    ),
    around,
    reporter: async () => {
      const all = middleware.ofKind(record);
      await Promise.all(all.filter(isLoading).map(({ loading }) => loading));
      return all.some(wantsReports) ? tell : undefined;
    },
    failed,
  };
}

/** A decorator that is told of one plugin's calls in one report at a time. */
function queued(one: ResourceDecorator, failed: (lost: number, error: unknown) => void): ResourceDecorator {
  const { report, decorate } = one;
  if (report === undefined) return one;
  const { add } = new ReportQueue({ take: report.bind(one), failed });
  return { resource: one.resource, report: add, ...(decorate === undefined ? {} : { decorate: decorate.bind(one) }) };
}

/**
 * What a call waits for: until it is known whether a middleware that starts wants it; and, where the plugin starts beside
 * it, until that can take it. One that runs already does not wait for so long: the middleware may be waiting for it.
 */
function startOf(one: PluginRecord, record: PluginRecord): (Promise<void> | undefined)[] {
  if (isLoading(one)) return [one.loading];
  return one.state === "starting" && record.state === "starting" && guards(one) ? [one.starting] : [];
}

/** Whether its methods will be known soon. */
function isLoading({ methods, state }: PluginRecord): boolean {
  return methods === undefined && state === "starting";
}

/**
 * Whether calls must go through it. What guards them must not be got round by its own failure, so that one counts whose
 * code could not be loaded; but not one that starts only after the plugin, because it depends on it.
 */
function guards({ methods, state }: PluginRecord): boolean {
  return methods === undefined ? state !== "registered" : methods.has("wrapResource");
}

function wantsReports({ methods }: PluginRecord): boolean {
  return methods?.has("resourceReport") === true;
}
