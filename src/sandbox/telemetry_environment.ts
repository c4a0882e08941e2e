/** What decides where Deno's own exporter sends what, and when (https://docs.deno.com/runtime/fundamentals/open_telemetry/). */
const EXPORTER = [
  "CERTIFICATE",
  "CLIENT_CERTIFICATE",
  "CLIENT_KEY",
  "COMPRESSION",
  "ENDPOINT",
  "HEADERS",
  "PROTOCOL",
  "TIMEOUT",
];
const SIGNAL = ["COMPRESSION", "ENDPOINT", "HEADERS", "PROTOCOL", "TIMEOUT"];
const VARIABLES = [
  ...EXPORTER.map((name) => `OTEL_EXPORTER_OTLP_${name}`),
  ...["TRACES", "METRICS"].flatMap((signal) => SIGNAL.map((name) => `OTEL_EXPORTER_OTLP_${signal}_${name}`)),
  ...["EXPORT_TIMEOUT", "MAX_EXPORT_BATCH_SIZE", "MAX_QUEUE_SIZE", "SCHEDULE_DELAY"].map((name) => `OTEL_BSP_${name}`),
  "OTEL_DENO_METRICS",
  "OTEL_DENO_TRACING",
  "OTEL_METRIC_EXPORT_INTERVAL",
  "OTEL_PROPAGATORS",
  "OTEL_RESOURCE_ATTRIBUTES",
  "OTEL_SDK_DISABLED",
  "OTEL_SERVICE_NAME",
  "OTEL_TRACES_SAMPLER",
  "OTEL_TRACES_SAMPLER_ARG",
];

/**
 * What makes a plugin's process export its own telemetry, where its host does so by Deno's own means: the host's variables
 * for it, as far as the host may read them. The exporter is part of Deno and asks for no permission, and the plugin cannot
 * read these variables.
 *
 * @returns Nothing when the host's telemetry is off, or not Deno's.
 */
export function telemetryEnvironment(): Record<string, string> {
  const on = variable("OTEL_DENO");
  if (on !== "true" && on !== "1") return {};
  // What the plugin prints becomes records of the host's log.
  const env: Record<string, string> = { OTEL_DENO: on, OTEL_DENO_CONSOLE: "ignore" };
  for (const name of VARIABLES) {
    const value = variable(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** Nobody is asked for a permission. */
function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}
