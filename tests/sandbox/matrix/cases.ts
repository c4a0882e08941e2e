import type { FaultCase } from "./case.ts";
import { belongingsCases } from "./cases_belongings.ts";
import { errorCases } from "./cases_errors.ts";
import { fileCases } from "./cases_files.ts";
import { loopCases } from "./cases_loops.ts";
import { memoryCases } from "./cases_memory.ts";
import { messageCases } from "./cases_messages.ts";
import { processCases } from "./cases_process.ts";
import { registryCases } from "./cases_registry.ts";
import { storageCases } from "./cases_storage.ts";
import { valueCases } from "./cases_values.ts";

/** Every fault of the matrix. */
export const CASES: readonly FaultCase[] = [
  ...loopCases,
  ...memoryCases,
  ...messageCases,
  ...errorCases,
  ...valueCases,
  ...processCases,
  ...belongingsCases,
  ...fileCases,
  ...storageCases,
  ...registryCases,
];
