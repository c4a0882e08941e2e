import type { InFlightCall } from "../context/mod.ts";
import type { Deadline, Deadlines } from "../deadlines.ts";
import { HookTimeout } from "../errors.ts";
import { isStopChainError, STOP_CHAIN } from "../stop_chain.ts";
import { begunAt, type DirectFunction, type DirectHook, type Operation, promised } from "./direct.ts";
import type { DispatchOptions } from "./filter.ts";
import { idOf, type Stage } from "./stages.ts";
import { carriesAnything, type Waiter } from "./target.ts";

/**
 * One chain under way. The same object waits for each plugin in turn; and for those that are called directly it is the
 * one operation under way, whose deadline begins anew with each. It can be used again when it is over.
 */
export class ChainRun implements Waiter, Operation {
  // The list of deadlines keeps these.
  at = 0;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;

  readonly #stages: readonly Stage[];
  readonly #rest: ((run: ChainRun) => void) | undefined;
  #waiter: Waiter | undefined = undefined;
  #options: DispatchOptions | undefined = undefined;
  #mayBeDirect = true;
  #startedAt = 0;
  #value: unknown = undefined;
  /** Whether the value has been looked at: between two plugins there is one boundary. */
  #isChecked = false;
  #place = 0;
  #starting = false;
  #answeredAtOnce = false;
  /** Where it stands, once a plugin was called directly. */
  #deadlines: Deadlines | undefined = undefined;
  /** What is called directly, now. */
  #direct: DirectHook | undefined = undefined;
  /** When the call began that was given up. */
  #givenUpSince = 0;

  /**
   * @param stages Whom it calls, in this order.
   * @param rest Told when it is over, and can be used again.
   */
  constructor(stages: readonly Stage[], rest?: (run: ChainRun) => void) {
    this.#stages = stages;
    this.#rest = rest;
  }

  /** Begins. */
  start(input: unknown, waiter: Waiter, options: DispatchOptions | undefined): void {
    this.#value = input;
    this.#isChecked = false;
    this.#waiter = waiter;
    this.#options = options;
    this.#mayBeDirect = options === undefined || !carriesAnything(options);
    this.#startedAt = options?.timeoutMs === undefined ? 0 : performance.now();
    this.#place = 0;
    this.#run();
  }

  /** A loop: plugins that answer at once do not make the stack deeper. */
  #run(): void {
    const stages = this.#stages;
    while (this.#place < stages.length) {
      const stage = stages[this.#place++]!;
      const direct = this.#mayBeDirect ? stage.direct : undefined;
      const call = direct?.enter(this.#isChecked);
      const goesOn = call === undefined ? this.#start(stage) : this.#callDirectly(direct!, call);
      if (!goesOn) return;
    }
    this.#succeed();
  }

  /** Calls a plugin the long way. @returns Whether it has answered at once. */
  #start({ target, hook }: Stage): boolean {
    let options = this.#options;
    if (options !== undefined) {
      if (options.signal?.aborted === true) return this.#refuse(options.signal.reason);
      if (options.timeoutMs !== undefined && this.#place > 1) {
        const elapsed = performance.now() - this.#startedAt;
        if (elapsed >= options.timeoutMs) return this.#refuse(this.#spent(options.timeoutMs, elapsed));
        // The limit is the whole chain's: each plugin has what those before left.
        options = { ...options, timeoutMs: options.timeoutMs - elapsed };
      }
    }
    this.#deadlines?.reset(this, Infinity); // who is called now has a deadline of its own
    this.#direct = undefined;
    this.#answeredAtOnce = false;
    this.#starting = true;
    target.start(hook, [this.#value], this, options);
    this.#starting = false;
    return this.#answeredAtOnce;
  }

  #refuse(error: unknown): false {
    this.reject(error);
    return false;
  }

  #spent(timeoutMs: number, elapsed: number): HookTimeout {
    const stage = this.#stages[this.#place - 1]!;
    return new HookTimeout("hook", timeoutMs, elapsed, { plugin: idOf(stage), hook: stage.hook });
  }

  resolve(value: unknown): void {
    if (value === STOP_CHAIN) return this.#succeed();
    this.#value = value;
    this.#isChecked = false;
    if (this.#starting) this.#answeredAtOnce = true;
    else this.#run();
  }

  reject(error: unknown): void {
    const waiter = this.#waiter!;
    this.#end();
    waiter.reject(error);
  }

  #succeed(): void {
    const waiter = this.#waiter!, value = this.#value;
    this.#end();
    waiter.resolve(value);
  }

  /** @returns Whether it has answered at once. */
  #callDirectly(direct: DirectHook, call: DirectFunction): boolean {
    this.#direct = direct;
    if (this.#deadlines !== undefined) this.#deadlines.reset(this, direct.limitMs);
    else (this.#deadlines = direct.deadlines).put(this, direct.limitMs);
    try {
      const result = call(this.#value);
      const promise = promised(result);
      if (promise === undefined) return this.#take(result);
      promise.then(this.#answered, this.#failed);
    } catch (error) {
      this.#failed(error);
    }
    return false;
  }

  /** Takes what was called directly has given. @returns Whether to go on. */
  #take(value: unknown): boolean {
    const direct = this.#direct!;
    if (this.#givenUpSince !== 0) return this.#late(direct);
    try {
      direct.answered(value);
    } catch (error) {
      return this.#refuse(error);
    }
    if (value === STOP_CHAIN) {
      this.#succeed();
      return false;
    }
    this.#value = value;
    this.#isChecked = direct.checks;
    return true;
  }

  readonly #answered = (value: unknown): void => {
    if (this.#take(value)) this.#run();
  };

  readonly #failed = (error: unknown): void => {
    if (isStopChainError(error)) return this.#answered(STOP_CHAIN);
    const direct = this.#direct!;
    if (this.#givenUpSince !== 0) this.#late(direct);
    else {
      direct.failed();
      this.reject(error);
    }
  };

  #late(direct: DirectHook): false {
    this.#end();
    direct.late();
    return false;
  }

  #end(): void {
    this.#deadlines?.remove(this);
    this.#deadlines =
      this.#direct =
      this.#waiter =
      this.#options =
      this.#value =
        undefined;
    this.#givenUpSince = 0;
    this.#rest?.(this);
  }

  expire(): void {
    const direct = this.#direct!;
    const elapsedMs = performance.now() - this.at + direct.limitMs;
    this.#giveUp(direct, direct.missed(elapsedMs));
    this.#deadlines!.put(this, Infinity); // the plugin is still at work
  }

  abort(owner: object, reason: unknown): void {
    const direct = this.#direct;
    if (direct?.owner !== owner || this.#givenUpSince !== 0) return;
    this.#giveUp(direct, reason);
    this.#deadlines!.reset(this, Infinity);
  }

  #giveUp({ limitMs }: DirectHook, reason: unknown): void {
    this.#givenUpSince = begunAt(this, limitMs);
    this.#waiter!.reject(reason);
  }

  describe(owner: object): InFlightCall[] {
    const direct = this.#direct;
    if (direct?.owner !== owner) return [];
    const { hook } = this.#stages[this.#place - 1]!;
    const since = this.#givenUpSince || begunAt(this, direct.limitMs);
    return [{ hook, elapsedMs: Math.max(0, performance.now() - since), metadata: {} }];
  }
}
