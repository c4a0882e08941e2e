/** What a plugin is handed. Row 3. */
export type { InFlightCall } from "./in_flight.ts";
export { LOG_LEVELS, type Logger, loggerTo, type LogLevel, withFields } from "./logger.ts";
export { frozenMetadata, type Metadata, NO_METADATA } from "./metadata.ts";
export { configSection } from "./config_section.ts";
export { registeredDecorators, registeredResources } from "./offered_resources.ts";
export { PluginContext, type PluginContextOptions } from "./plugin_context.ts";
export { createPluginView, type PluginViewOptions } from "./plugin_view.ts";
export { type CurrentCall, currentCall } from "./current_call.ts";
export { runInCall, type RunningCall, runningCall } from "./running_call.ts";
export { maskError, maskFields } from "./mask_error.ts";
export { createMask, isSecretField, maskSecrets, maskText, secretsOf } from "./mask.ts";
export { safeLogger } from "./safe_logger.ts";
export type { AroundCall, Next, NextChange, WrappedCall, WrappedResourceCall } from "./wrapped_call.ts";
export { withCallFields } from "./call_fields.ts";
export { type EventBus, type EventHandler, InProcessEventBus, type Subscription } from "./event_bus.ts";
export type { PluginHandle } from "./plugin_handle.ts";
export type { PluginLookup } from "./plugin_lookup.ts";
export { type DependencyRef, NO_SERVICES, type PluginServices, SERVICE_METHODS } from "./plugin_services.ts";
export { type AccessRequest, NoOpTenantContext, type TenantContext } from "./tenant.ts";
export { findTelemetry, type Tracing, tracing } from "./telemetry.ts";
export { CallSpan, carryingActive, CLIENT, INTERNAL, SERVER } from "./telemetry_span.ts";
export type {
  BatchObservableCallback,
  BatchObservableResult,
  Counter,
  Meter,
  MetricOptions,
  Observable,
  ObservableCallback,
  ObservableResult,
  Recorder,
  Span,
  SpanContext,
  SpanException,
  SpanLink,
  SpanOptions,
  TelemetryAttributes,
  TelemetryContext,
  TelemetryTime,
  TelemetryTraceState,
  Tracer,
} from "./telemetry_types.ts";
