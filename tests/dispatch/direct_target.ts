/** A plugin whose hook `run` can be called directly, and an account of such calls. */
import type { DirectFunction, DirectHook, Waiter } from "../../src/dispatch/mod.ts";
import { Deadlines } from "../../src/deadlines.ts";
import { FakeTarget } from "./fake_target.ts";

/** The short way to a hook. */
class FakeDirect implements DirectHook {
  readonly owner = this;
  readonly limitMs = 60_000;
  readonly deadlines: Deadlines;
  /** What was heard of the calls. */
  readonly account: string[] = [];
  /** Whether calls may go this way. */
  open = true;
  /** Whether it looks at what crosses. */
  strict = false;
  /** Whether results could cross a boundary. */
  serialisable = true;
  readonly #run: DirectFunction;

  constructor(run: DirectFunction, deadlines: Deadlines) {
    this.#run = run;
    this.deadlines = deadlines;
  }

  start(input: unknown, waiter: Waiter): boolean {
    if (!this.open) return false;
    this.account.push("alone");
    Promise.try(this.#run, input).then((value) => waiter.resolve(value), (error) => waiter.reject(error));
    return true;
  }

  get checks(): boolean {
    return this.strict;
  }

  enter(isChecked: boolean): DirectFunction | undefined {
    if (!this.open) return undefined;
    this.account.push(this.strict && !isChecked ? "checked" : "entered");
    return this.#run;
  }

  answered(): void {
    this.account.push("answered");
    if (!this.serialisable) throw new TypeError("not serialisable");
  }

  failed(): void {
    this.account.push("failed");
  }

  late(): void {
    this.account.push("late");
  }

  missed(): Error {
    this.account.push("missed");
    return new RangeError("too slow");
  }
}

export class DirectTarget extends FakeTarget {
  readonly short: FakeDirect;

  constructor(id: string, run: DirectFunction, deadlines: Deadlines, fields: Record<string, unknown> = {}) {
    super(id, fields, { hooks: { run } });
    this.short = new FakeDirect(run, deadlines);
  }

  direct(): DirectHook {
    return this.short;
  }
}

/** A list of deadlines that expire when they are told to. */
export class ManualDeadlines extends Deadlines {
  constructor() {
    super(60_000);
  }

  /** How many stand in it. */
  get size(): number {
    return [...this].length;
  }

  /** Lets all that can expire do so. */
  expireAll(): void {
    for (const one of [...this]) {
      if (one.at === -Infinity) continue;
      this.remove(one);
      one.expire();
    }
  }
}
