/** Packages that carry plugins: fetched from npm or JSR, or copied from a path, into a cache of ours. Row 4. */
export { type MaterialisedPackage, materialisePackage } from "./materialise.ts";
export type { RegistryUrls } from "./registry_client.ts";
