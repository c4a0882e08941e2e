import { runningCall } from "./running_call.ts";

/**
 * A log record's fields, with what is known of the running call: `trace_id`, from its `trace_context`, and `tenant_id`.
 *
 * @param fields The record's own.
 */
export function withCallFields(fields: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const metadata = runningCall()?.metadata;
  if (metadata === undefined) return fields;
  const { tenant_id, trace_context } = metadata;
  const trace_id = traceId(trace_context);
  if (typeof tenant_id !== "string" && trace_id === undefined) return fields;
  return {
    ...fields,
    ...(typeof tenant_id === "string" ? { tenant_id } : {}),
    ...(trace_id === undefined ? {} : { trace_id }),
  };
}

/** The trace of a W3C trace context: `00-<32 digits: trace>-<16 digits: span>-<flags>`. */
function traceId(context: unknown): string | undefined {
  const parent: unknown = typeof context === "object" && context !== null
    ? Reflect.get(context, "traceparent")
    : undefined;
  return typeof parent === "string" ? /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-/.exec(parent)?.[1] : undefined;
}
