/** Resources: what a plugin may use of the world, and how it comes by it. Row 2, above manifests. */
export { BLOB_STORE_METHODS, type BlobData, type BlobStore, type BlobStoreOptions } from "./blob_store.ts";
export { buildResource } from "./build_resource.ts";
export {
  type Checkpoint,
  CHECKPOINT_STORE_METHODS,
  type CheckpointEntry,
  type CheckpointStore,
  type CheckpointStoreOptions,
  type SaveOptions,
} from "./checkpoint_store.ts";
export { type Clock, SystemClock } from "./clock.ts";
export { checkDecorators } from "./decorate_check.ts";
export { decorateMembers, type Method } from "./decorate_members.ts";
export { type DecoratedOffers, decorateOffers, type GivenOffer } from "./decorate_offers.ts";
export type {
  CallResource,
  Decoration,
  ResourceCall,
  ResourceDecorator,
  ResourceOwner,
  TakeReport,
} from "./decorator.ts";
export { DeterministicRng } from "./deterministic_rng.ts";
export { type Env, ProcessEnv } from "./env.ts";
export { FetchHttpClient, type HttpClient, type HttpRequest, type HttpResponse } from "./http_client.ts";
export { FileBlobStore, type FileBlobStoreOptions } from "./file_blob_store.ts";
export { FileCheckpointStore, type FileCheckpointStoreOptions } from "./file_checkpoint_store.ts";
export { FrozenClock, type FrozenClockOptions } from "./frozen_clock.ts";
export type { HttpMethod, HttpMethods } from "./http_message.ts";
export { HttpError, type HttpFailure, type RequestName } from "./http_error.ts";
export {
  BY_MESSAGE,
  type ByMessage,
  FOR_PLUGIN,
  type ForPlugin,
  type RemoteOffer,
  type ResourceUser,
} from "./http_for_plugin.ts";
export { HostHttpClient, type HostHttpClientOptions } from "./http_host_client.ts";
export { type Remote, wrapRemote } from "./http_remote.ts";
export type { HttpRetry } from "./http_retry.ts";
export { InMemoryBlobStore } from "./in_memory_blob_store.ts";
export { InMemoryCheckpointStore } from "./in_memory_checkpoint_store.ts";
export { type FetchHttpClientOptions, IN_SCOPE, type InScope, type ScopeData } from "./in_scope.ts";
export { LogProgressSink, type LogProgressSinkOptions, type ProgressLogger } from "./log_progress_sink.ts";
export { MockProgressSink } from "./mock_progress_sink.ts";
export { isSynchronous, methodNames, type Offer, type Offers, resolveOffers } from "./offers.ts";
export { OffsetClock } from "./offset_clock.ts";
export { asResourceRegistry, ResourceRegistry } from "./resource_registry.ts";
export { CallRecorder, MAX_BATCH, type RecordedCall } from "./resource_report.ts";
export { ReportQueue } from "./report_queue.ts";
export type { ProgressEvent, ProgressUpdate } from "./progress_report.ts";
export { PROGRESS_SINK_METHODS, type ProgressSink } from "./progress_sink.ts";
export { createResources, type Resources } from "./resources.ts";
export { RandomRng, type Rng } from "./rng.ts";
export { FolderTempDir, type TempDir } from "./temp_dir.ts";
export { type StubAnswer, StubHttpClient, type StubRequest, type StubResponse } from "./stub_http_client.ts";
export { standardDoubles } from "./standard_doubles.ts";
export { CheckpointConflict, StoreError, type StoreOperation } from "./store_error.ts";
