/** What a plugin is handed. Row 3. */
export type { InFlightCall } from "./in_flight.ts";
export { LOG_LEVELS, type Logger, loggerTo, type LogLevel, withFields } from "./logger.ts";
export { frozenMetadata, type Metadata, NO_METADATA } from "./metadata.ts";
export {
  configSection,
  createPluginView,
  PluginContext,
  type PluginContextOptions,
  type PluginLookup,
  type PluginViewOptions,
  registeredResources,
} from "./plugin_context.ts";
export { runInCall, type RunningCall, runningCall } from "./running_call.ts";
export { maskError, maskFields } from "./mask_error.ts";
export { createMask, isSecretField, maskSecrets, maskText, secretsOf } from "./mask.ts";
export { safeLogger } from "./safe_logger.ts";
export type { Next, NextChange, WrappedCall } from "./wrapped_call.ts";
