import type { Hookspec } from "../hookspec/mod.ts";
import { validateHookspec } from "../hookspec/mod.ts";
import { emitOpenRpc } from "./open_rpc.ts";

/**
 * Reads the hookspec back from a document that {@linkcode emitOpenRpc} wrote.
 *
 * @param text The document.
 * @param source What it is called in errors.
 * @returns The hookspec: emitted again, it gives the same text.
 * @throws {SyntaxError} If it is no JSON, holds no hookspec, or its methods are not those of its hookspec any more.
 * @throws {HookspecInvalid} If the hookspec in it is none.
 */
export function parseOpenRpc(text: string, source = "OpenRPC document"): Hookspec {
  const refuse = (state: string) => new SyntaxError(`Cannot read "${source}": ${state}`);
  let document: Record<string, unknown>;
  try {
    document = Object(JSON.parse(text));
  } catch (error) {
    throw refuse(`it is no JSON: ${(error as Error).message}`);
  }
  if (!Object.hasOwn(document, "x-dagstack")) {
    throw refuse(`it has no "x-dagstack", in which the hookspec is expected; only emitted documents can be read back`);
  }
  const hookspec = validateHookspec(document["x-dagstack"], source);
  const emitted = JSON.parse(emitOpenRpc(hookspec)) as Record<string, unknown>;
  for (const part of ["openrpc", "info", "methods", "components"]) {
    if (JSON.stringify(document[part]) === JSON.stringify(emitted[part])) continue;
    throw refuse(`its "${part}" is not what its hookspec gives; change the hookspec, and emit it again`);
  }
  return hookspec;
}
