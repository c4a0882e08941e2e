/** What a plugin is handed. Row 3. */
export { LOG_LEVELS, type Logger, loggerTo, type LogLevel, withFields } from "./logger.ts";
export {
  configSection,
  createPluginView,
  PluginContext,
  type PluginContextOptions,
  type PluginLookup,
  type PluginViewOptions,
  registeredResources,
} from "./plugin_context.ts";
export { safeLogger } from "./safe_logger.ts";
