/** How plugins are asked for their health. */
export interface HealthPolicy {
  /** Milliseconds from a plugin's start, or from one answer, to the next question. @default 30000 */
  intervalMs?: number;
  /** Milliseconds that an answer may take. @default 5000 */
  timeoutMs?: number;
  /** Failures in a row that make a plugin `unavailable`; fewer make it `degraded`. @default 3 */
  failures?: number;
}

/** What a plugin's answers come to. */
export type Verdict = "healthy" | "degraded" | "unavailable";

/** One answer. `failed` counts towards `unavailable`; `degraded` does not: the plugin says itself that it still serves. */
export interface HealthAnswer {
  /** What the answer says. */
  says: "healthy" | "degraded" | "failed";
  /** Why it is not well, in words. */
  reason?: string;
}

/** The words of a `status`, in lower case. Any other is a failure that lists those which are well. */
const WELL: ReadonlySet<string> = new Set(["ok", "healthy", "up", "pass", "passing", "ready", "serving", "green"]);
const HALF_WELL: ReadonlySet<string> = new Set(["degraded", "warn", "warning", "yellow"]);

/** A timer with a longer wait than this would end at once. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** A plugin cannot make a log record of any length of its reason. */
const MAX_REASON = 500;

/**
 * Asks plugins for their health, each by itself and all side by side, and tells when what is known of one changes.
 * Keeps no host alive.
 */
export class Health<P> implements Disposable {
  readonly #policy: Required<HealthPolicy>;
  readonly #tell: (plugin: P, verdict: Verdict, reason: string | undefined) => void;
  readonly #watches = new Map<P, HealthWatch>();
  #disposed = false;

  /**
   * Asks nothing yet.
   *
   * @param policy How often, and how patiently.
   * @param tell Told of each new verdict, and why it is not `healthy`. Another reason for the same verdict is not new.
   * @throws {RangeError} If the policy is none.
   */
  constructor(policy: HealthPolicy, tell: (plugin: P, verdict: Verdict, reason: string | undefined) => void) {
    const { intervalMs = 30_000, timeoutMs = 5_000, failures = 3 } = policy;
    for (const [what, ms] of [["ask for health every", intervalMs], ["wait for health for", timeoutMs]] as const) {
      if (!(ms > 0 && ms <= MAX_WAIT_MS)) {
        throw new RangeError(`Cannot ${what} "${ms}" ms: it is above 0 and at most ${MAX_WAIT_MS}`);
      }
    }
    if (!Number.isInteger(failures) || failures < 1) {
      throw new RangeError(`Cannot count "${failures}" failures of health in a row: it is a whole number from 1`);
    }
    this.#policy = { intervalMs, timeoutMs, failures };
    this.#tell = tell;
  }

  /**
   * Begins to ask a plugin, which counts as healthy until its first answer. One that is asked already begins anew.
   *
   * @param plugin Whom.
   * @param poll Asks once. The signal is aborted when nobody waits for the answer any more.
   */
  watch(plugin: P, poll: (signal: AbortSignal) => unknown): void {
    this.forget(plugin);
    if (this.#disposed) return; // one that started while all were torn down
    this.#watches.set(
      plugin,
      new HealthWatch(this.#policy, poll, (verdict, reason) => this.#tell(plugin, verdict, reason)),
    );
  }

  /** Asks a plugin no more; an answer that is under way counts no more. */
  forget(plugin: P): void {
    this.#watches.get(plugin)?.stop();
    this.#watches.delete(plugin);
  }

  /** Forgets all, for ever. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const plugin of [...this.#watches.keys()]) this.forget(plugin);
  }
}

/** The questions to one plugin: one at a time, for the next is planned when the last is over. */
class HealthWatch {
  readonly #policy: Required<HealthPolicy>;
  readonly #poll: (signal: AbortSignal) => unknown;
  readonly #tell: (verdict: Verdict, reason: string | undefined) => void;
  readonly #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #verdict: Verdict = "healthy";
  #inRow = 0;

  constructor(
    policy: Required<HealthPolicy>,
    poll: (signal: AbortSignal) => unknown,
    tell: (verdict: Verdict, reason: string | undefined) => void,
  ) {
    this.#policy = policy;
    this.#poll = poll;
    this.#tell = tell;
    this.#plan();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  #plan(): void {
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => this.#ask(), this.#policy.intervalMs);
    Deno.unrefTimer(this.#timer);
  }

  async #ask(): Promise<void> {
    const answer = await this.#answer();
    if (this.#stop.signal.aborted) return;
    try {
      this.#take(answer);
    } finally {
      this.#plan(); // even if whoever is told throws
    }
  }

  #take({ says, reason }: HealthAnswer): void {
    const { failures } = this.#policy;
    this.#inRow = says === "failed" ? this.#inRow + 1 : 0;
    const verdict = says !== "failed" ? says : this.#inRow >= failures ? "unavailable" : "degraded";
    if (verdict === this.#verdict) return;
    this.#verdict = verdict;
    const told = verdict === "unavailable" && failures > 1
      ? `${failures} checks of its health failed in a row, the last because ${reason}`
      : reason;
    this.#tell(verdict, told);
  }

  /** Asks once. Never rejects; one that has not answered in time has failed, and what it says later nobody hears. */
  async #answer(): Promise<HealthAnswer> {
    const { timeoutMs } = this.#policy;
    const late = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const missed = new Promise<HealthAnswer>((resolve) => {
      timer = setTimeout(
        () => resolve({ says: "failed", reason: `it gave no answer within ${timeoutMs} ms` }),
        timeoutMs,
      );
      Deno.unrefTimer(timer);
      this.#stop.signal.addEventListener("abort", () => resolve({ says: "failed" }), { signal: late.signal });
    });
    try {
      return await Promise.race([this.#pollOnce(late.signal), missed]);
    } finally {
      clearTimeout(timer);
      late.abort();
    }
  }

  async #pollOnce(signal: AbortSignal): Promise<HealthAnswer> {
    try {
      return judgeHealth(await this.#poll(signal));
    } catch (error) {
      return { says: "failed", reason: `it failed: ${inWords(error)}` };
    }
  }
}

/**
 * What an answer to `health()` says. Nothing, `true`, numbers and objects are well, save objects with `healthy: false`,
 * `ok: false` or a `status` that is `false` or a word other than those for being well; a bare word counts as a `status`.
 * An unknown word is a failure, not a guess: the reason lists the known ones, and the plugin's author sees it at once.
 *
 * @param answer What the plugin gave.
 */
export function judgeHealth(answer: unknown): HealthAnswer {
  if (answer === false) return { says: "failed", reason: "it gave false" };
  if (typeof answer === "string") return judgeStatus(answer, undefined);
  if (typeof answer !== "object" || answer === null) return { says: "healthy" };
  const own = new Map(Object.entries(answer));
  const said = ["reason", "message", "error", "detail", "output"].map((key) => own.get(key))
    .find((value) => typeof value === "string" && value !== "");
  for (const key of ["healthy", "ok", "status"]) {
    if (own.get(key) === false) return failed(`it gave ${key}: false`, said);
  }
  const status = own.get("status");
  return typeof status === "string" ? judgeStatus(status, said) : { says: "healthy" };
}

function judgeStatus(status: string, said: unknown): HealthAnswer {
  const word = status.trim().toLowerCase();
  if (WELL.has(word)) return { says: "healthy" };
  const gave = `it gave status ${JSON.stringify(cut(status))}`;
  if (HALF_WELL.has(word)) return { ...failed(gave, said), says: "degraded" };
  const unwell = /^(down|fail|failed|failing|unhealthy|error|unavailable|critical|red|not[ _-]?(ready|serving|ok))$/;
  return failed(unwell.test(word) ? gave : `${gave}, which is none of ${[...WELL].join(", ")}`, said);
}

function failed(gave: string, said: unknown): HealthAnswer {
  return { says: "failed", reason: typeof said === "string" ? `${gave}: ${cut(said)}` : gave };
}

function inWords(error: unknown): string {
  if (error instanceof Error) return cut(error.message || error.name);
  return typeof error === "string" ? cut(error) : "what it threw is no error"; // not all things can be made a string
}

function cut(text: string): string {
  return text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}…` : text;
}
