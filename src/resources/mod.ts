/** Resources: what a plugin may use of the world, and how it comes by it. Row 2, above manifests. */
export { buildResource } from "./build_resource.ts";
export { type Clock, SystemClock } from "./clock.ts";
export { type Env, ProcessEnv } from "./env.ts";
export { FetchHttpClient, type HttpClient, type HttpRequest, type HttpResponse } from "./http_client.ts";
export { type FetchHttpClientOptions, IN_SCOPE, type InScope, type ScopeData } from "./in_scope.ts";
export { methodNames, type Offer, type Offers, resolveOffers } from "./offers.ts";
export { createResources, type Resources } from "./resources.ts";
export { RandomRng, type Rng } from "./rng.ts";
export { FolderTempDir, type TempDir } from "./temp_dir.ts";
