/**
 * What authors of plugins test with: a context made of doubles in one line, and a plugin run without a registry.
 *
 * ```ts
 * import { runPlugin } from "@dagstack/plugin-system/testing";
 * import type { PluginContext } from "@dagstack/plugin-system";
 * import { assertEquals } from "@std/assert";
 *
 * class Clockwork {
 *   setup(context: PluginContext) {
 *     this.#clock = context.resources.clock;
 *   }
 *   #clock?: PluginContext["resources"]["clock"];
 *   year(): number {
 *     return this.#clock!.now().getUTCFullYear();
 *   }
 * }
 *
 * await using clockwork = await runPlugin(Clockwork, { at: "2026-01-01" });
 * assertEquals(await clockwork.hooks.year(), 2026);
 * ```
 *
 * @module
 */

export {
  DeterministicRng,
  FrozenClock,
  type FrozenClockOptions,
  InMemoryBlobStore,
  InMemoryCheckpointStore,
  MockProgressSink,
  OffsetClock,
  type ProgressEvent,
  type ProgressUpdate,
  type StubAnswer,
  StubHttpClient,
  type StubRequest,
  type StubResponse,
} from "./src/resources/mod.ts";
export {
  createTestContext,
  type LogRecord,
  MemoryLogger,
  type PluginSource,
  type PublishedEvent,
  RecordingEventBus,
  type RunningPlugin,
  runPlugin,
  type RunPluginOptions,
  type TestContext,
  type TestContextOptions,
  type TestDoubles,
} from "./src/testing/mod.ts";
export type { LogLevel } from "./src/context/mod.ts";
