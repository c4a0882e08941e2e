import type { HttpRetry } from "./http_retry.ts";

/**
 * The key of a method by which a resource says that it can live inside a plugin's scope, and from what data it is built
 * there. Calls to such a resource send no message. Registered globally, so that two copies of the package agree.
 */
export const IN_SCOPE: unique symbol = Symbol.for("@dagstack/plugin-system/in-scope") as typeof IN_SCOPE;

/** What an in-scope resource is built from. */
export type ScopeData =
  | { type: "system_clock" }
  | { type: "frozen_clock"; at: number; fractionNs: number; elapsedNs: string }
  | { type: "offset_clock"; offsetMs: number; clock: ScopeData }
  | { type: "random_rng" }
  | { type: "deterministic_rng"; seed: number }
  | { type: "fetch_http_client"; options: FetchHttpClientOptions }
  | { type: "temp_dir"; path: string }
  | { type: "env"; variables: string[] }
  | { type: "nothing" };

/** A resource that lives inside the plugin's scope. */
export interface InScope {
  /** From what it is built there. */
  [IN_SCOPE](): ScopeData;
}

/** Settings of the host for every `http_client`: data, for they are sent into the scope. */
export interface FetchHttpClientOptions {
  /** Milliseconds for a call: redirects, repetitions and the body. @default 30000 */
  timeoutMs?: number;
  /** Sent with every request; a request's own headers win. The plugin can see them. @default {} */
  headers?: Record<string, string>;
  /** The largest response body, in bytes, after decompression. @default 16 MiB */
  maxResponseBytes?: number;
  /** Certificates of authorities that are trusted besides the system's, in PEM. @default [] */
  caCerts?: readonly string[];
  /** When GET, PUT and DELETE are sent again; `attempts: 0` for never. */
  retry?: HttpRetry;
  /** The only hosts that are asked, as a manifest writes them; what the scope refuses stays refused. @default any */
  hosts?: readonly string[];
}

/** Whether a resource can live inside a plugin's scope. */
export function isInScope(resource: unknown): resource is InScope {
  return typeof resource === "object" && resource !== null && typeof Reflect.get(resource, IN_SCOPE) === "function";
}
