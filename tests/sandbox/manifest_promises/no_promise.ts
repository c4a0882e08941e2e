/** Manifest fields that promise no limit and no permission, by the reason why there is nothing to see bite. */
export const NO_PROMISE: Readonly<Record<string, readonly string[]>> = {
  "says who the plugin is": ["name", "kind", "version"],
  "tells people something": ["description", "license", "maintainer", "homepage", "authors"],
  "orders plugins; none gets more or less by it": ["priority", "tryfirst", "trylast"],
  "chooses among plugins; none gets more or less by it": [
    "capabilities",
    "supports_languages",
    "supports_extensions",
    "supports_mime_types",
    "fallback",
  ],
  "is not interpreted": ["supports", "metadata"],
  "is another way to write a field of another runtime": [
    "command",
    "env",
    "url",
    "auth.auth_header",
    "auth.auth_secret_env",
  ],
  // What follows does promise something, but nothing in the core reads it yet: whoever makes it do so moves it to the proofs.
  "waits for units of work": [
    "unit_of_work.declared",
    "unit_of_work.partition_key",
    "unit_of_work.estimated_duration_sec",
    "unit_of_work.idempotency_mode",
    "unit_of_work.checkpointable",
    "unit_of_work.content_hash",
  ],
  "waits for the runtimes mcp_stdio and mcp_http, which are refused until then (see the proof of runtime)": [
    "mcp_stdio.command",
    "mcp_stdio.working_dir",
    "mcp_stdio.env",
    "mcp_stdio.startup_timeout_sec",
    "mcp_http.url",
    "mcp_http.auth_header",
    "mcp_http.auth_secret_env",
    "mcp_http.timeout_sec",
    "mcp_http.tls_ca_bundle",
    "mcp_http.retry.attempts",
    "mcp_http.retry.backoff_ms",
  ],
};
