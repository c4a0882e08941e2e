import type { Hookspec } from "../hookspec/mod.ts";
import { docText } from "./doc_text.ts";

/** Where a kind's hookspec stands by convention: `kinds/tool/v1.yaml`. */
export function usualSource({ kind, kind_api_version }: Hookspec): string {
  return `kinds/${kind}/v${kind_api_version.split(".")[0]}.yaml`;
}

/** What a generated file says of itself, each a line. No time and no version: the same hookspec gives the same text. */
export function headerLines(hookspec: Hookspec, source: string | undefined, target: string): string[] {
  const file = oneLine(source ?? usualSource(hookspec));
  return [
    `Generated from ${file}; do not edit.`,
    `Write anew: deno run -RW -E -S=cpus jsr:@dagstack/plugin-system/emit ${file} --only ${target}`,
  ];
}

/** The same as comments of a module, which formatters are told to leave as it is. */
export function headerComment(hookspec: Hookspec, options: { source?: string }, target: string): string {
  const lines = headerLines(hookspec, options.source, target).map((line) => `// ${line}`);
  return ["// deno-fmt-ignore-file", ...lines].join("\n");
}

function oneLine(text: string): string {
  return docText(text).replace(/\s+/g, " ");
}
