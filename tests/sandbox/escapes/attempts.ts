import type { Attempt } from "./attempt.ts";
import { moduleAttempts } from "./attempts_modules.ts";
import { networkAttempts } from "./attempts_network.ts";
import { pathAttempts } from "./attempts_paths.ts";
import { processAttempts } from "./attempts_process.ts";
import { programAttempts } from "./attempts_programs.ts";
import { sharedAttempts } from "./attempts_shared.ts";

/** Every attempt, by what it goes through. */
export const ATTEMPTS: Readonly<Record<string, readonly Attempt[]>> = {
  "files and paths": pathAttempts,
  "modules and code made of text": moduleAttempts,
  "the network": networkAttempts,
  "programs, native code and databases": programAttempts,
  "the process and its environment": processAttempts,
  "what is shared, and the boundary": sharedAttempts,
};
