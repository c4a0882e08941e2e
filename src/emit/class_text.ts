import type { HookDefinition } from "../hookspec/mod.ts";

/** How a dispatch class is told to whoever implements or calls a hook. */
const CLASSES: Readonly<Record<HookDefinition["dispatch"], string>> = {
  singleton: "one plugin is called",
  broadcast_collect: "all plugins are called, and their answers are collected",
  broadcast_notify: "all plugins are told, and nobody waits for what they answer",
  chain: "each plugin is given what the one before it answered; STOP_CHAIN ends the chain",
  capability: "the first plugin that matches is called",
};

/** How a hook is dispatched, in a sentence. */
export function classText({ dispatch, optional, error_policy }: HookDefinition): string {
  const policy = dispatch === "broadcast_collect" ? ` Failures: \`${error_policy ?? "fail_fast"}\`.` : "";
  return `Dispatched as \`${dispatch}\`: ${CLASSES[dispatch]}.${policy}${optional ? " Plugins may lack it." : ""}`;
}
