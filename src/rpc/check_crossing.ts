import { checkBoundaryValue } from "../json.ts";
import { STOP_CHAIN } from "../stop_chain.ts";
import { isStream } from "./shapes.ts";

/**
 * Checks arguments as if they were to cross a boundary, and says what is wrong as if they had.
 *
 * @param args The arguments; `undefined` and streams among them pass.
 * @param method Whose they are.
 * @throws {SerializationError} If one could not cross.
 */
export function checkArguments(args: readonly unknown[], method: string): void {
  for (let i = 0; i < args.length; i++) {
    const value = args[i];
    if (!isLight(value) && !isStream(value)) checkBoundaryValue(value, `argument ${i + 1} of hook "${method}"`);
  }
}

/**
 * Checks a result as if it were to cross a boundary.
 *
 * @param value The result; `undefined`, `STOP_CHAIN` and streams pass.
 * @param method Whose it is.
 * @throws {SerializationError} If it could not cross.
 */
export function checkResult(value: unknown, method: string): void {
  if (isLight(value) || value === STOP_CHAIN || isStream(value)) return;
  checkBoundaryValue(value, `result of hook "${method}"`);
}

function isLight(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || value === undefined || value === null;
}
