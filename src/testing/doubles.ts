import { type Logger, loggerTo, type Metadata } from "../context/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import {
  DeterministicRng,
  FOR_PLUGIN,
  FrozenClock,
  InMemoryBlobStore,
  InMemoryCheckpointStore,
  MockProgressSink,
  StubHttpClient,
} from "../resources/mod.ts";
import { MemoryLogger } from "./memory_logger.ts";
import { RecordingEventBus } from "./recording_event_bus.ts";
import { TestEnv } from "./test_env.ts";
import { testManifest } from "./test_manifest.ts";

/** What a plugin under test is given, to be set and read by the test. */
export interface TestDoubles {
  /** Its `clock`: stands still until the test advances it. */
  readonly clock: FrozenClock;
  /** Its `rng`: the same in every run. */
  readonly rng: DeterministicRng;
  /** Its `http_client`: gives the answers that the test scripts, and remembers the requests. */
  readonly http: StubHttpClient;
  /** Its `blob_store`. */
  readonly blobs: InMemoryBlobStore;
  /** Its `progress`: remembers the reports. */
  readonly progress: MockProgressSink;
  /** Its `checkpoint`. */
  readonly checkpoint: InMemoryCheckpointStore;
  /** What it logs. */
  readonly logs: MemoryLogger;
  /** Its `eventBus`: what it publishes, and what the test does. */
  readonly events: RecordingEventBus;
}

/** What a test says of the plugin's surroundings. */
export interface TestContextOptions {
  /** The plugin's own section of the configuration. @default {} */
  config?: Record<string, unknown>;
  /** Resources of the test's own, by name; they win over the doubles of that name. @default {} */
  resources?: Readonly<Record<string, unknown>>;
  /**
   * The plugin's manifest, or some of its fields. The plugin then gets the resources that it declares, and no others.
   *
   * @default one that declares all resources there are
   */
  manifest?: Manifest | Readonly<Record<string, unknown>>;
  /** The moment that the clock shows. @default 2020-01-01T00:00:00.000Z */
  at?: Date | string | number;
  /** What chance is made from. @default 0 */
  seed?: number;
  /** Environment variables. @default {} */
  env?: Readonly<Record<string, string>>;
  /** What calls carry. @default nothing */
  metadata?: Metadata;
  /** Aborts when the test gives up on the plugin's calls. @default never */
  signal?: AbortSignal;
  /** Plugins that it depends on, as objects with their hooks, by `kind/name`. @default {} */
  dependencies?: Readonly<Record<string, object>>;
}

/** A manifest, the doubles, and how they are offered. */
export interface TestSurroundings {
  readonly manifest: Manifest;
  readonly doubles: TestDoubles;
  /** What a host would register, by name. */
  readonly resources: Record<string, unknown>;
}

/** The methods of `http_client`. */
const HTTP_METHODS = ["get", "post", "put", "delete"] as const;

/** Makes all that a plugin under test is given. */
export function testSurroundings(options: TestContextOptions): TestSurroundings {
  const logs = new MemoryLogger();
  const doubles: TestDoubles = {
    clock: new FrozenClock(options.at),
    rng: new DeterministicRng(options.seed),
    http: new StubHttpClient(),
    blobs: new InMemoryBlobStore(),
    progress: new MockProgressSink(),
    checkpoint: new InMemoryCheckpointStore(),
    logs,
    events: new RecordingEventBus(logs),
  };
  const { env = {}, dependencies = {} } = options;
  const resources: Record<string, unknown> = {
    clock: doubles.clock,
    rng: doubles.rng,
    http_client: doubles.http,
    blob_store: doubles.blobs,
    progress: doubles.progress,
    checkpoint: doubles.checkpoint,
    env: new TestEnv(env),
    ...options.resources,
  };
  const manifest = testManifest(options.manifest, {
    resources: Object.keys(resources),
    dependencies: Object.keys(dependencies),
    variables: Object.keys(env),
  });
  const { http_client, env: { variables } } = manifest.resources;
  if (resources.http_client === doubles.http) {
    const user = { plugin: `${manifest.kind}/${manifest.name}`, hosts: http_client.hosts };
    // Without a manifest any host may be scripted; with one, it is held to those that the manifest lists.
    resources.http_client = requests(options.manifest === undefined ? doubles.http : doubles.http[FOR_PLUGIN](user));
  }
  if (options.manifest !== undefined && options.resources?.env === undefined) {
    resources.env = new TestEnv(env, variables);
  }
  return { manifest, doubles, resources };
}

/** A client that can ask, and not be scripted. */
function requests(client: StubHttpClient): object {
  return Object.freeze(Object.fromEntries(HTTP_METHODS.map((name) => [name, client[name].bind(client)])));
}

/** A logger that takes the records of one plugin, as the plugin made them, and no others. */
export function ownRecords(logs: MemoryLogger, { kind, name }: Manifest): Logger {
  return loggerTo((level, message, fields = {}) => {
    const { "plugin.kind": ofKind, "plugin.name": ofName, "plugin.version": _version, ...own } = fields;
    if (ofKind === kind && ofName === name) logs[level](message, Object.keys(own).length === 0 ? undefined : own);
  });
}
