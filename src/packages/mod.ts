/** Packages from npm and JSR: those that carry plugins, copied to a cache of ours, and those that plugins load. Row 4. */
export { linkPackages } from "./link_packages.ts";
export { type LockedPackages, lockPackages, type LockPackagesOptions } from "./lock_packages.ts";
export { type MaterialisedPackage, materialisePackage, type PackageOrigin } from "./materialise.ts";
export type { RegistryUrls } from "./registry_client.ts";
