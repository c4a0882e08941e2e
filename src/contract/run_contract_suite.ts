import type { ContractOptions } from "./options.ts";
import type { ContractResult } from "./result.ts";

/**
 * Checks that a plugin keeps the contract (SPEC section 13). Works inside `Deno.test` and outside it; starts the
 * processes it needs, so the caller needs `--allow-run` for Deno, and may read the plugin and write temporary files.
 *
 * @param options The plugin, and which checks.
 * @returns The verdict.
 * @throws {RangeError} If a check is asked for that does not exist, or `config` holds bytes.
 * @throws {SerializationError} If `config` is no JSON.
 * @throws {SandboxUnavailable} If this process may not start Deno.
 *
 * @example
 * ```ts
 * import { ALL_CHECKS, loadManifest, runContractSuite } from "@dagstack/plugin-system";
 * import { assert } from "@std/assert";
 *
 * const manifest = await loadManifest("plugins/fixed-chunker/dagstack.toml");
 * const result = await runContractSuite({ manifest, checks: ALL_CHECKS });
 * assert(result.ok, result.formatFailures());
 * ```
 */
export async function runContractSuite(options: ContractOptions): Promise<ContractResult> {
  const { runChecks } = await import("./suite.ts");
  return await runChecks(options);
}
