import type { WrappedCall } from "@dagstack/plugin-system";
import type { CallFields, Outcome } from "./audit_record.ts";
import { canonicalText } from "./canonical_text.ts";
import { sha256 } from "./sha256.ts";

/** Longer texts are cut: a record is small, whatever a caller sends. */
const MAX_TEXT = 256;
const encoder = new TextEncoder();

/**
 * What is recorded of a call.
 *
 * @param wrapped The call.
 * @param call What pairs its records.
 * @param time When it came.
 */
export async function describeCall(wrapped: WrappedCall, call: string, time: string): Promise<CallFields> {
  const { kind, plugin, hook, args, metadata } = wrapped;
  const { text, opaque } = canonicalText(args);
  const fields: CallFields = {
    call,
    time,
    kind,
    plugin,
    hook,
    args: { sha256: await sha256(text), bytes: encoder.encode(text).length, ...(opaque === 0 ? {} : { opaque }) },
  };
  for (const name of ["tenant_id", "actor", "request_id"] as const) {
    const value = textOf(metadata[name]);
    if (value !== undefined) fields[name] = value;
  }
  const trace = metadata.trace_context;
  const traceparent = typeof trace === "object" && trace !== null ? Reflect.get(trace, "traceparent") : trace;
  const value = textOf(traceparent);
  if (value !== undefined) fields.trace = value;
  return fields;
}

/**
 * How a call ended that threw. Middleware that did not let it through says so with `refused: true` on its error.
 *
 * @param error Whatever was thrown.
 */
export function describeError(error: unknown): Outcome {
  const field = (name: string): unknown => error instanceof Error ? Reflect.get(error, name) : undefined;
  const name = textOf(field("name")) ?? "Error";
  const code = textOf(field("code"));
  return {
    outcome: field("refused") === true ? "refused" : "error",
    error: code === undefined ? { name } : { name, code },
  };
}

/** Metadata may be any JSON; what is no text is written as JSON. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
