import { type Clock, SystemClock } from "./clock.ts";
import { DeterministicRng } from "./deterministic_rng.ts";
import { ProcessEnv } from "./env.ts";
import { FrozenClock } from "./frozen_clock.ts";
import { FetchHttpClient } from "./http_client.ts";
import type { ScopeData } from "./in_scope.ts";
import { OffsetClock } from "./offset_clock.ts";
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
    case "frozen_clock":
      return new FrozenClock(data.at, { elapsedNs: BigInt(data.elapsedNs), fractionNs: data.fractionNs });
    case "offset_clock":
      return new OffsetClock(data.offsetMs, buildResource(data.clock) as Clock);
    case "random_rng":
      return new RandomRng();
    case "deterministic_rng":
      return new DeterministicRng(data.seed);
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
