/** Runtimes: how a registered plugin becomes a running one. Row 6. */
export { hostHolds, type InProcessOptions, type OpenedPlugin, openInProcess } from "./in_process.ts";
export { TempFolders } from "./temp_folders.ts";
