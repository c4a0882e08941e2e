/** Runtimes: how a registered plugin becomes a running one. Row 6. */
export { hostHolds, type InProcessOptions, type OpenedPlugin, openInProcess, readVariables } from "./in_process.ts";
export { TempFolders } from "./temp_folders.ts";
