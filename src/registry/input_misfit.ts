import { HookInputInvalid, type HookValueProblem } from "../errors.ts";

const own = new WeakSet<object>();

/**
 * Makes the error of an input that this host refuses before the plugin is called.
 *
 * @param plugin As `kind/name`.
 * @param hook The hook.
 * @param problem Where the input is wrong.
 */
export function inputMisfit(plugin: string, hook: string, problem: HookValueProblem): HookInputInvalid {
  const error = new HookInputInvalid(plugin, hook, problem);
  own.add(error);
  return error;
}

/** Whether this host made an error for an input: a plugin may throw what looks like one. */
export function isInputMisfit(error: unknown): error is HookInputInvalid {
  return error instanceof HookInputInvalid && own.has(error);
}
