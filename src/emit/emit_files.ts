import type { Hookspec } from "../hookspec/mod.ts";
import { emitMarkdown } from "./markdown.ts";
import { emitMock } from "./mock.ts";
import { emitOpenRpc } from "./open_rpc.ts";
import type { EmitOptions } from "./options.ts";
import { emitTypeScript } from "./type_script.ts";

/** What can be emitted, beside the YAML itself. */
export type EmitTarget = "typescript" | "openrpc" | "markdown" | "mock";

/** All of them. */
export const EMIT_TARGETS: readonly EmitTarget[] = ["typescript", "openrpc", "markdown", "mock"];

/** What a target's file is called behind the stem. */
const ENDINGS: Readonly<Record<EmitTarget, string>> = {
  typescript: "ts",
  openrpc: "openrpc.json",
  markdown: "md",
  mock: "mock.ts",
};

/** Options of {@linkcode emitFiles}. */
export interface EmitFilesOptions extends EmitOptions {
  /** What to emit. @default all */
  only?: readonly EmitTarget[];
  /** How all files' names begin. @default "v<major>" */
  stem?: string;
}

/**
 * Emits a kind.
 *
 * @param hookspec The kind; as `loadHookspec` or `validateHookspec` gives it.
 * @param options What to emit, and under which names.
 * @returns Texts by name of their file.
 */
export async function emitFiles(hookspec: Hookspec, options: EmitFilesOptions = {}): Promise<Map<string, string>> {
  const { only = EMIT_TARGETS, stem = `v${hookspec.kind_api_version.split(".")[0]}`, ...shared } = options;
  const files = new Map<string, string>();
  for (const target of EMIT_TARGETS.filter((one) => only.includes(one))) {
    const text = target === "mock"
      ? await emitMock(hookspec, { ...shared, types: `./${stem}.ts` })
      : target === "typescript"
      ? await emitTypeScript(hookspec, shared)
      : target === "openrpc"
      ? emitOpenRpc(hookspec, shared)
      : emitMarkdown(hookspec, shared);
    files.set(`${stem}.${ENDINGS[target]}`, text);
  }
  return files;
}
