import type { PluginGrants } from "./grants.ts";
import { GrantsFile } from "./grants_file.ts";
import { validateGrants } from "./grants_parse.ts";

/** Where a host's grants are, and what a change means. */
export interface GrantsOptions {
  /** The grants file, as a path or a `file:` URL; or the grants themselves. */
  from: string | URL | PluginGrants;
  /**
   * What becomes of a plugin whose content is not what was agreed to, and which asks for nothing more than that:
   * `refuse` makes it `unavailable`, `warn` starts it as `untrusted`. One that asks for more is always refused.
   * @default "refuse"
   */
  onChange?: "refuse" | "warn";
}

/** A grants file, grants, or both with what a change means. */
export type GrantsChoice = GrantsOptions["from"] | GrantsOptions;

/** The choice, taken apart. */
export interface ChosenGrants {
  from: GrantsFile | ReturnType<typeof validateGrants>;
  onChange: "refuse" | "warn";
}

/**
 * Takes a choice apart, and checks what can be checked without looking at files.
 *
 * @throws {RangeError} If it is none.
 * @throws {GrantsInvalid} If the grants themselves are none.
 */
export function chooseGrants(choice: GrantsChoice): ChosenGrants {
  const options: GrantsOptions = isOptions(choice) ? choice : { from: choice };
  const { from, onChange = "refuse" } = options;
  for (const key of Object.keys(options)) {
    if (key !== "from" && key !== "onChange") throw refuse(` names "${key}"`, "only from, onChange");
  }
  if (onChange !== "refuse" && onChange !== "warn") throw refuse(`.onChange is "${onChange}"`, '"refuse" or "warn"');
  if (typeof from === "string" || from instanceof URL) {
    if (from === "") throw refuse(' is ""', "a path");
    if (from instanceof URL && from.protocol !== "file:") throw refuse(` is ${from.href}`, "a file: URL");
    return { from: new GrantsFile(from), onChange };
  }
  if (typeof from !== "object" || from === null) throw refuse(` is ${from}`, "a path, a file: URL or grants");
  return { from: validateGrants(structuredClone(from), "the grants option"), onChange };
}

function isOptions(choice: GrantsChoice): choice is GrantsOptions {
  return typeof choice === "object" && choice !== null && !(choice instanceof URL) && Object.hasOwn(choice, "from");
}

function refuse(key: string, expected: string): RangeError {
  return new RangeError(`Cannot make registry: grants${key}, expected ${expected}`);
}
