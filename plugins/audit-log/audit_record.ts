/** What is recorded of a call's arguments; they themselves are not. */
export interface ArgsDigest {
  /** SHA-256 of their canonical text, in hexadecimal. */
  sha256: string;
  /** The length of that text, in bytes of UTF-8. */
  bytes: number;
  /** How many parts are in it by their class only: streams, live objects. */
  opaque?: number;
}

/** What every record of a call says. What a call's metadata lack stays out. */
export interface CallFields {
  /** Pairs the records of one call. */
  call: string;
  /** When the call came. */
  time: string;
  kind: string;
  plugin: string;
  hook: string;
  tenant_id?: string;
  actor?: string;
  request_id?: string;
  /** The W3C `traceparent`. */
  trace?: string;
  args: ArgsDigest;
}

/** How a call ended. */
export type Outcome =
  | { outcome: "ok" }
  /** `refused`: middleware did not let it through. */
  | { outcome: "error" | "refused"; error: { name: string; code?: string } };

/** One record, before it has its place in the chain. */
export type AuditRecord =
  /** A call is about to be made. */
  | ({ type: "begin" } & CallFields)
  /** A call has ended. */
  | ({ type: "end" } & CallFields & Outcome & { duration_ms: number })
  /** Records before this one did not fit into memory while the sink failed. */
  | { type: "lost"; time: string; count: number }
  /** The plugin was torn down in good order. */
  | { type: "close"; time: string };
