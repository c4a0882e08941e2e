// deno-fmt-ignore-file
// Generated from kinds/orchestrator/v1.yaml; do not edit.
// Write anew: deno run -RW -E -S=cpus jsr:@dagstack/plugin-system/emit kinds/orchestrator/v1.yaml --only typescript

/**
 * The types of kind "orchestrator", version 1.0.0.
 *
 * Runs units of work for other plugins: queues them, tells how they stand, resumes them from their checkpoints and runs them again. A host has one of them, in its own process, where the state of the units is.
 *
 * @module
 */

/** A unit of work to run. */
export interface OrchestratorEnqueueInput {
  /** The plugin that does the work, as in its manifest. */
  plugin_name: string;
  /** What it is called with. */
  args: Record<string, unknown>;
  /** Units with the same key are one unit. */
  idempotency_key?: string;
  /** Units of one partition run one at a time, in order. */
  partition_key?: string;
}

/** The unit that stands for it. */
export interface OrchestratorEnqueueOutput {
  /** What the unit is asked about by. */
  unit_id: string;
  /** Whether it was there already. */
  deduplicated: boolean;
}

/** The unit that is asked about. */
export interface OrchestratorStatusInput {
  /** As enqueue gave it. */
  unit_id: string;
}

/** How a unit stands. */
export interface OrchestratorStatusOutput {
  /** The unit. */
  unit_id: string;
  /** The last three and succeeded are final. */
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled" | "expired";
  /** When it began to run. */
  started_at?: string;
  /** When it came to its end. */
  finished_at?: string;
  /** How far it is, as the unit itself reports. */
  progress?: Record<string, unknown>;
  /** Why it failed. */
  error?: string;
}

/** Which units to run again; each field narrows the choice. */
export interface OrchestratorBackfillInput {
  /** Only those of this plugin. */
  plugin_name?: string;
  /** Only those of this partition. */
  partition_key?: string;
  /** Only those from then on. */
  since?: string;
  /** Only those until then. */
  until?: string;
  /**
   * Only those in one of these states.
   *
   * @default ["failed","expired"]
   */
  states?: ("failed" | "expired" | "cancelled")[];
}

/** What came of it. */
export interface OrchestratorBackfillOutput {
  /** How many will run again. */
  enqueued_count: number;
  /** How many were left as they are. */
  skipped_count?: number;
}

/** What a plugin of kind "orchestrator" implements, version 1.0.0. */
export interface OrchestratorPlugin {
  /**
   * Takes in a unit of work. The same idempotency_key is the same unit, however often it is sent.
   *
   * Dispatched as `singleton`: one plugin is called.
   */
  enqueue: (
    input: OrchestratorEnqueueInput,
  ) => OrchestratorEnqueueOutput | Promise<OrchestratorEnqueueOutput>;
  /**
   * Says how a unit stands.
   *
   * Dispatched as `singleton`: one plugin is called.
   */
  status: (
    input: OrchestratorStatusInput,
  ) => OrchestratorStatusOutput | Promise<OrchestratorStatusOutput>;
  /**
   * Runs units again that failed or expired, chosen by plugin, partition, time and state.
   *
   * Dispatched as `singleton`: one plugin is called.
   */
  backfill: (
    input: OrchestratorBackfillInput,
  ) => OrchestratorBackfillOutput | Promise<OrchestratorBackfillOutput>;
}

/** What a host can dispatch among plugins of kind "orchestrator": the type parameter of its registry, as `new PluginRegistry<{ orchestrator: OrchestratorKind }>()`. */
export interface OrchestratorKind {
  /**
   * Takes in a unit of work. The same idempotency_key is the same unit, however often it is sent.
   *
   * Dispatched as `singleton`: one plugin is called.
   */
  readonly enqueue: {
    /** Its dispatch class. */
    readonly dispatch: "singleton";
    /** What goes in. */
    readonly input: OrchestratorEnqueueInput;
    /** What one plugin answers. */
    readonly output: OrchestratorEnqueueOutput;
  };
  /**
   * Says how a unit stands.
   *
   * Dispatched as `singleton`: one plugin is called.
   */
  readonly status: {
    /** Its dispatch class. */
    readonly dispatch: "singleton";
    /** What goes in. */
    readonly input: OrchestratorStatusInput;
    /** What one plugin answers. */
    readonly output: OrchestratorStatusOutput;
  };
  /**
   * Runs units again that failed or expired, chosen by plugin, partition, time and state.
   *
   * Dispatched as `singleton`: one plugin is called.
   */
  readonly backfill: {
    /** Its dispatch class. */
    readonly dispatch: "singleton";
    /** What goes in. */
    readonly input: OrchestratorBackfillInput;
    /** What one plugin answers. */
    readonly output: OrchestratorBackfillOutput;
  };
}
