import { SystemClock } from "./clock.ts";
import { ProcessEnv } from "./env.ts";
import { FetchHttpClient } from "./http_client.ts";
import type { ScopeData } from "./in_scope.ts";
import { RandomRng } from "./rng.ts";
import { FolderTempDir } from "./temp_dir.ts";

/**
 * Builds a resource inside a plugin's scope.
 *
 * @param data What it is built from.
 * @returns The resource; `undefined` where the resource is a permission and nothing is injected.
 */
export function buildResource(data: ScopeData): unknown {
  switch (data.type) {
    case "system_clock":
      return new SystemClock();
    case "random_rng":
      return new RandomRng();
    case "fetch_http_client":
      return new FetchHttpClient(data.options);
    case "temp_dir":
      return new FolderTempDir(data.path);
    case "env":
      return new ProcessEnv(data.variables);
    case "nothing":
      return undefined;
  }
}
