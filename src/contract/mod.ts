/** The verdict on a plugin. Row 8. */
export {
  ALL_CHECKS,
  type CheckName,
  type ContractOptions,
  type Finding,
  type Inconclusive,
  type Samples,
} from "./options.ts";
export { ContractResult } from "./result.ts";
export { runContractSuite } from "./run_contract_suite.ts";
