/**
 * What a plugin of a chain returns to end it. The chain then keeps the value that this plugin was given, and asks none
 * of the plugins behind it (SPEC section 7). Equal in all copies of the package.
 *
 * @example
 * ```ts
 * import { STOP_CHAIN } from "@dagstack/plugin-system";
 * import { assert } from "@std/assert";
 *
 * class StopAtSpam {
 *   filter(mail: { subject: string }) {
 *     return mail.subject.startsWith("[spam]") ? STOP_CHAIN : { ...mail, checked: true };
 *   }
 * }
 *
 * assert(new StopAtSpam().filter({ subject: "[spam] win" }) === STOP_CHAIN);
 * ```
 */
export const STOP_CHAIN: unique symbol = Symbol.for("@dagstack/plugin-system/STOP_CHAIN");

/** How {@linkcode STOP_CHAIN} crosses a boundary that carries no symbols: as an error of this code. */
const CODE = "STOP_CHAIN";

/** Makes the error that stands for {@linkcode STOP_CHAIN} on the wire. */
export function stopChainError(): Error {
  return Object.assign(new Error("Cannot pass STOP_CHAIN: only a dispatch of class chain takes it"), { code: CODE });
}

/**
 * Says whether an error stands for {@linkcode STOP_CHAIN}.
 *
 * @param error Anything.
 */
export function isStopChainError(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, "code") === CODE;
}
