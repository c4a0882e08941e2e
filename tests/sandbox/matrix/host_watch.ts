/** Measures how late the event loop of this process is, and how much its memory grows, until it is stopped. */
export class HostWatch {
  readonly #baseline = Deno.memoryUsage().rss;
  readonly #timer: ReturnType<typeof setInterval>;
  #last = performance.now();
  #looks = 0;
  #worstLagMs = 0;
  #most = this.#baseline;

  constructor() {
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  #look(): void {
    const now = performance.now();
    this.#worstLagMs = Math.max(this.#worstLagMs, now - this.#last - INTERVAL_MS);
    this.#last = now;
    if (this.#looks++ % 10 === 0) this.#most = Math.max(this.#most, Deno.memoryUsage().rss);
  }

  /** Ends it. */
  stop(): { worstLagMs: number; memoryGrowthMb: number } {
    this.#look();
    clearInterval(this.#timer);
    const memoryGrowthMb = Math.round((Math.max(this.#most, Deno.memoryUsage().rss) - this.#baseline) / 2 ** 20);
    return { worstLagMs: Math.round(this.#worstLagMs), memoryGrowthMb };
  }
}

const INTERVAL_MS = 5;
