import { PlainContext } from "./telemetry_context.ts";
import type { Meter, Span, TelemetryContext, Tracer } from "./telemetry_types.ts";

/** Where spans go, while the host runs with OpenTelemetry on. */
export interface Tracing {
  /** Makes the spans of this package. */
  readonly tracer: Tracer;
  /** What is active here: the span that is running, if any. */
  active(): TelemetryContext;
  /** Does something with another context active, also behind its awaits. */
  with<T>(context: TelemetryContext, work: () => T): T;
}

interface TracerProvider {
  getTracer(name: string, version?: string): Tracer;
}

/** What an SDK leaves at {@linkcode API}: each part only if it has it. */
interface Registered {
  readonly trace?: TracerProvider;
  readonly metrics?: { getMeter(name: string, version?: string): Meter };
  readonly context?: { active(): TelemetryContext; with<T>(context: TelemetryContext, work: () => T): T };
}

/** Where every copy of `@opentelemetry/api`, and Deno itself under `OTEL_DENO=true`, keeps what is registered. */
const API: unique symbol = Symbol.for("opentelemetry.js.api.1") as never;
/** Under which all copies of the API keep the running span in a context. */
const SPAN: unique symbol = Symbol.for("OpenTelemetry Context Key SPAN") as never;
const SCOPE = "@dagstack/plugin-system";
const ROOT: TelemetryContext = new PlainContext();

let provider: TracerProvider | undefined;
let current: Tracing | undefined;

/** Where spans go; `undefined` when telemetry is off. Calls ask for it each time, so that it looks nothing up. */
export function tracing(): Tracing | undefined {
  return current;
}

/**
 * Looks whether an SDK is there. Done when a registry is made and whenever a plugin starts, so that an SDK may come before
 * or between; nothing is imported for it.
 */
export function findTelemetry(): void {
  const registered = registeredApi();
  if (registered?.trace === provider) return;
  provider = registered?.trace;
  current = provider === undefined ? undefined : tracingOf(provider);
}

/** Makes a tracer under a name; `undefined` when nothing is there to make it. */
export function providedTracer(name: string, version: string | undefined): Tracer | undefined {
  findTelemetry();
  return provider?.getTracer(name, version);
}

/** Makes a meter under a name; `undefined` when nothing is there to make it. */
export function providedMeter(name: string, version: string | undefined): Meter | undefined {
  return registeredApi()?.metrics?.getMeter(name, version);
}

/** The span that a context says is running. */
export function spanOf(context: TelemetryContext): Span | undefined {
  return context.getValue(SPAN) as Span | undefined;
}

/** A context in which no span is running. */
export function contextWithout(context: TelemetryContext): TelemetryContext {
  return context.deleteValue(SPAN);
}

/** A context in which a span is running. */
export function contextWith(context: TelemetryContext, span: Span): TelemetryContext {
  return context.setValue(SPAN, span);
}

function registeredApi(): Registered | undefined {
  return Reflect.get(globalThis, API) as Registered | undefined;
}

function tracingOf(from: TracerProvider): Tracing {
  return {
    tracer: from.getTracer(SCOPE),
    active: () => registeredApi()?.context?.active() ?? ROOT,
    with(context, work) {
      const manager = registeredApi()?.context;
      return manager === undefined ? work() : manager.with(context, work);
    },
  };
}
