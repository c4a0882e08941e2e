import type { InFlightCall } from "../context/mod.ts";
import type { Deadline, Deadlines } from "../deadlines.ts";
import { isStopChainError, STOP_CHAIN } from "../stop_chain.ts";
import { begunAt, type DirectFunction, type DirectHook, type Operation, promised } from "./direct.ts";
import type { DispatchOptions } from "./filter.ts";
import type { Stage } from "./stages.ts";
import { carriesAnything, type Waiter } from "./target.ts";

/** How far a plugin of a broadcast is. */
enum Phase {
  /** It is not called, or not directly, or it has answered. */
  Elsewhere,
  /** It was called directly, and works. */
  Running,
  /** The same, but nobody waits for it any more. */
  GivenUp,
}

/**
 * One broadcast under way: calls all plugins, and is told of each. Those that are called directly are one operation under
 * one deadline. It can be used again when all have answered: most of what a broadcast costs is to make it.
 */
export abstract class BroadcastRun implements Operation {
  // The list of deadlines keeps these.
  at = 0;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;

  readonly #members: readonly Member[];
  readonly #rest: ((run: this) => void) | undefined;
  #deadlines: Deadlines | undefined = undefined;
  #limitMs = 0;
  /** When it began, once a part of it was given up. */
  #givenUpSince = 0;
  /** Those that have not been heard of for the last time, and one more until all are called. */
  #open = 0;

  /**
   * @param stages Whom it calls.
   * @param rest Told when nothing of it is under way any more, so that it can be used again.
   */
  constructor(stages: readonly Stage[], rest?: (run: never) => void) {
    this.#members = stages.map((stage, place) => new Member(this, stage, place));
    this.#rest = rest as ((run: this) => void) | undefined;
  }

  /** Hears that a plugin has answered. */
  abstract took(place: number, value: unknown): void;
  /** Hears that a plugin has failed, or was given up. */
  abstract missed(place: number, error: unknown): void;
  /** Lets go of what it was told and given. */
  protected abstract forget(): void;
  /** Whether there is no use in calling more. */
  abstract get isOver(): boolean;

  /** Calls all. */
  protected call(input: unknown, options: DispatchOptions | undefined): void {
    const mayBeDirect = options === undefined || !carriesAnything(options);
    this.#open = 1;
    let args: readonly unknown[] | undefined;
    for (const member of this.#members) {
      if (this.isOver) break;
      this.#open++;
      const { target, hook, direct } = member.stage;
      const call = mayBeDirect ? direct?.enter(false) : undefined;
      if (call !== undefined) {
        this.#enter(direct!);
        member.callDirectly(call, input);
      } else target.start(hook, args ??= [input], member, options);
    }
  }

  #enter({ deadlines, limitMs }: DirectHook): void {
    if (this.#deadlines !== undefined) return;
    this.#deadlines = deadlines;
    this.#limitMs = limitMs;
    deadlines.put(this, limitMs);
  }

  /** A plugin has been heard of for the last time; or all are called. */
  closed(): void {
    if (--this.#open > 0) return;
    this.#deadlines?.remove(this);
    this.#deadlines = undefined;
    this.#givenUpSince = 0;
    this.forget();
    this.#rest?.(this);
  }

  expire(): void {
    const elapsedMs = performance.now() - this.at + this.#limitMs;
    this.#givenUpSince = begunAt(this, this.#limitMs);
    this.#deadlines!.put(this, Infinity); // they are still at work
    for (const member of this.#members) {
      if (member.phase === Phase.Running) member.giveUp(member.stage.direct!.missed(elapsedMs));
    }
  }

  abort(owner: object, reason: unknown): void {
    for (const member of this.#ofOwner(owner)) if (member.phase === Phase.Running) member.giveUp(reason);
  }

  describe(owner: object): InFlightCall[] {
    const since = this.#givenUpSince || begunAt(this, this.#limitMs);
    const elapsedMs = Math.max(0, performance.now() - since);
    return this.#ofOwner(owner).map(({ stage: { hook } }) => ({ hook, elapsedMs, metadata: {} }));
  }

  #ofOwner(owner: object): Member[] {
    return this.#members.filter(({ phase, stage }) => phase !== Phase.Elsewhere && stage.direct?.owner === owner);
  }
}

/** A plugin of a broadcast. */
class Member implements Waiter {
  phase: Phase = Phase.Elsewhere;
  readonly stage: Stage;
  readonly #run: BroadcastRun;
  readonly #place: number;

  constructor(run: BroadcastRun, stage: Stage, place: number) {
    this.#run = run;
    this.stage = stage;
    this.#place = place;
  }

  resolve(value: unknown): void {
    this.#run.took(this.#place, value);
    this.#run.closed();
  }

  reject(error: unknown): void {
    this.#run.missed(this.#place, error);
    this.#run.closed();
  }

  callDirectly(call: DirectFunction, input: unknown): void {
    this.phase = Phase.Running;
    try {
      const result = call(input);
      const promise = promised(result);
      if (promise === undefined) this.#answered(result);
      else promise.then(this.#answered, this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #answered = (value: unknown): void => {
    if (this.phase === Phase.GivenUp) return this.#late();
    this.phase = Phase.Elsewhere;
    try {
      this.stage.direct!.answered(value);
    } catch (error) {
      return this.reject(error);
    }
    this.resolve(value);
  };

  readonly #failed = (error: unknown): void => {
    if (isStopChainError(error)) return this.#answered(STOP_CHAIN);
    if (this.phase === Phase.GivenUp) return this.#late();
    this.phase = Phase.Elsewhere;
    this.stage.direct!.failed();
    this.reject(error);
  };

  #late(): void {
    this.phase = Phase.Elsewhere;
    this.stage.direct!.late();
    this.#run.closed();
  }

  giveUp(reason: unknown): void {
    this.phase = Phase.GivenUp;
    this.#run.missed(this.#place, reason);
  }
}
