/** What authors of plugins test with. Row 8. */
export { createTestContext, type TestContext } from "./create_test_context.ts";
export type { TestContextOptions, TestDoubles } from "./doubles.ts";
export { type LogRecord, MemoryLogger } from "./memory_logger.ts";
export type { PluginSource } from "./plugin_source.ts";
export { type PublishedEvent, RecordingEventBus } from "./recording_event_bus.ts";
export { runPlugin, type RunPluginOptions } from "./run_plugin.ts";
export type { RunningPlugin } from "./running_plugin.ts";
