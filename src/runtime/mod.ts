/** Runtimes: how a registered plugin becomes a running one. Row 6. */
export { type GroupMember, GroupProcesses } from "./group_processes.ts";
export { hostHolds, readVariables } from "./host_permissions.ts";
export { createHosting, type Hosting, type HostingOptions, type InspectChoice } from "./hosting.ts";
export { type InProcessOptions, type OpenedPlugin, openInProcess, scopeOf } from "./in_process.ts";
export { TempFolders } from "./temp_folders.ts";
