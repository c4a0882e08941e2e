import type { Next, PluginContext, WrappedCall } from "@dagstack/plugin-system";
import { Buckets } from "./buckets.ts";
import { type Caller, fits, keyOf, type Limit } from "./limit.ts";
import { QuotaExceeded } from "./quota_exceeded.ts";

/** How much of a limit is used. */
export interface Usage {
  limit: Limit;
  used: number;
  remaining: number;
}

/** A limit that a call falls under, and whose calls it is counted with. */
interface Claim {
  buckets: Buckets;
  key: string;
}

/** Limits calls. */
export class Quota {
  #clock!: PluginContext["resources"]["clock"];
  #limits: Buckets[] = [];
  #countFailed = true;

  setup({ config, logger, manifest, resources }: PluginContext): void {
    this.#clock = resources.clock;
    this.#countFailed = config.count_failed !== false;
    const limits = (config.limits ?? []) as Limit[];
    if (limits.length === 0) logger.warn("no limits are configured, so nothing is limited");
    const { kinds = [] } = manifest.chain_wrap ?? {};
    for (const { kind } of limits) {
      if (kind === "*" || kinds.includes("*") || kinds.includes(kind)) continue;
      throw new Error(`Cannot limit kind "${kind}": chain_wrap.kinds of the manifest does not name it`);
    }
    const maxKeys = Number(config.max_keys ?? 10_000);
    this.#limits = limits.map((limit) => new Buckets(Object.freeze({ ...limit }), maxKeys));
  }

  /**
   * Lets a call through if all its limits have room for it, and tells it what is left.
   *
   * @param call The call.
   * @param next Makes it.
   * @returns What it gives.
   * @throws {QuotaExceeded} If a limit has no room: the one that takes longest.
   */
  async wrap(call: WrappedCall, next: Next): Promise<unknown> {
    const claims = this.#claims(call);
    if (claims.length === 0) return await next();
    const nowMs = this.#nowMs();
    this.#refuseWithoutRoom(call, claims, nowMs);
    // Nothing is awaited between the look and this, so that calls at once cannot take the same place.
    const giveBack = claims.map(({ buckets, key }) => buckets.take(key, nowMs));
    const { limit, remaining } = this.#tightest(claims, nowMs);
    const { max, window_sec, per } = limit;
    try {
      return await next({ metadata: { ...call.metadata, quota_budget: { remaining, max, window_sec, per } } });
    } catch (error) {
      if (!this.#countFailed) { for (const one of giveBack) one(); }
      throw error;
    }
  }

  #claims(call: WrappedCall): Claim[] {
    return this.#limits.filter(({ limit }) => fits(limit, call))
      .map((buckets) => ({ buckets, key: keyOf(buckets.limit, call.metadata) }));
  }

  #refuseWithoutRoom(call: WrappedCall, claims: readonly Claim[], nowMs: number): void {
    let longestMs = 0;
    let full: Claim | undefined;
    for (const claim of claims) {
      const waitMs = claim.buckets.waitMs(claim.key, nowMs);
      if (waitMs > longestMs) [longestMs, full] = [waitMs, claim];
    }
    if (full === undefined) return;
    throw new QuotaExceeded(call, full.buckets.limit, longestMs, full.buckets.used(full.key, nowMs));
  }

  #tightest(claims: readonly Claim[], nowMs: number): Usage {
    const usages = claims.map(({ buckets, key }) => usageOf(buckets, key, nowMs));
    return usages.reduce((least, usage) => usage.remaining < least.remaining ? usage : least);
  }

  /**
   * How much of each limit a caller has used.
   *
   * @param caller Whose; nobody's, when left out.
   */
  usage(caller: Caller = {}): Usage[] {
    const nowMs = this.#nowMs();
    return this.#limits.map((buckets) => usageOf(buckets, keyOf(buckets.limit, { ...caller }), nowMs));
  }

  #nowMs(): number {
    return Number(this.#clock.monotonicNs()) / 1e6;
  }
}

function usageOf(buckets: Buckets, key: string, nowMs: number): Usage {
  const used = buckets.used(key, nowMs);
  return { limit: buckets.limit, used, remaining: buckets.limit.max - used };
}
