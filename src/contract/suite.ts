import { PermissionExceeded, PluginRegistryError, SandboxUnavailable } from "../errors.ts";
import { checkBoundaryValue, formatPath } from "../json.ts";
import { checkBoundaries } from "./check_boundaries.ts";
import { checkLifecycle } from "./check_lifecycle.ts";
import { checkManifest, manifestFinding } from "./check_manifest.ts";
import { ALL_CHECKS, type CheckName, type ContractOptions, type Finding, type Inconclusive } from "./options.ts";
import { ContractResult } from "./result.ts";
import { findSubject, type Subject } from "./subject.ts";

type Check = (subject: Subject) => Finding[] | string | Promise<Finding[] | string>;

const CHECKS: Readonly<Record<CheckName, Check>> = {
  manifest: checkManifest,
  serialisable_boundaries: checkBoundaries,
  clean_lifecycle: checkLifecycle,
};

/** Runs the checks; see `runContractSuite`, which loads this module when it is called. */
export async function runChecks(options: ContractOptions): Promise<ContractResult> {
  const names = options.checks ?? ALL_CHECKS;
  for (const name of names) {
    if (!Object.hasOwn(CHECKS, name)) {
      throw new RangeError(`Cannot run check "${name}": the checks are ${ALL_CHECKS.join(", ")}`);
    }
  }
  const [bytes] = checkBoundaryValue(options.config, "config of the contract suite");
  if (bytes !== undefined) {
    throw new RangeError(`Cannot run the contract suite: config has bytes at ${formatPath(bytes.path)}, expected JSON`);
  }
  let subject: Subject | string;
  try {
    subject = await findSubject(options);
  } catch (error) {
    if (!(error instanceof PluginRegistryError) || error.code === "SandboxUnavailable") throw error;
    if (error instanceof PermissionExceeded) {
      throw new SandboxUnavailable("Cannot run the contract suite: it writes temporary files; allow --allow-write", {
        cause: error,
      });
    }
    return new ContractResult([manifestFinding(error, error.plugin ?? String(options.manifest))], [], []);
  }
  const found = subject;
  const outcomes = await Promise.all(names.map((name) => {
    if (typeof found !== "string") return CHECKS[name](found);
    return found;
  }));
  const failures: Finding[] = [];
  const inconclusive: Inconclusive[] = [];
  const passed: CheckName[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    const check = names[i]!;
    if (typeof outcome !== "string") {
      failures.push(...outcome);
      if (outcome.length === 0) passed.push(check);
    } else if (options.strict === true) {
      failures.push({
        violation: "Inconclusive",
        check,
        plugin: typeof found === "string" ? String(options.manifest) : found.plugin,
        message: outcome,
        fix: "make it checkable, or leave strict out",
      });
    } else inconclusive.push({ check, reason: outcome });
  }
  return new ContractResult(failures, inconclusive, passed);
}
