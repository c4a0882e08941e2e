import { assert, assertEquals } from "@std/assert";
import { Deadlines } from "../src/deadlines.ts";

interface FakeTimer {
  readonly sweep: () => void;
  readonly tickMs: number;
  running: boolean;
}

/** Stands in for the clock and for `setInterval`, until it goes out of scope. */
class ManualTime implements Disposable {
  now = 5000;
  readonly timers: FakeTimer[] = [];
  readonly #setInterval = globalThis.setInterval;
  readonly #clearInterval = globalThis.clearInterval;

  constructor() {
    performance.now = () => this.now;
    const start = (sweep: () => void, tickMs: number) => {
      const timer: FakeTimer = { sweep, tickMs, running: true };
      this.timers.push(timer);
      return timer;
    };
    globalThis.setInterval = start as unknown as typeof setInterval;
    const stop = (timer?: FakeTimer) => {
      if (timer !== undefined) timer.running = false;
    };
    globalThis.clearInterval = stop as unknown as typeof clearInterval;
  }

  /** Lets time pass, with the ticks that fall into it. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now++) {
      for (const timer of this.running) if ((this.now + 1) % timer.tickMs === 0) this.#tick(timer);
    }
  }

  #tick(timer: FakeTimer): void {
    this.now++;
    timer.sweep();
    this.now--;
  }

  get running(): FakeTimer[] {
    return this.timers.filter(({ running }) => running);
  }

  [Symbol.dispose](): void {
    globalThis.setInterval = this.#setInterval;
    globalThis.clearInterval = this.#clearInterval;
    Reflect.deleteProperty(performance, "now");
  }
}

Deno.test("a deadline expires once, when its time is over and not before", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  const expired: number[] = [];
  deadlines.add(100, () => expired.push(time.now));
  time.pass(109);
  assertEquals(expired, []);
  time.pass(1);
  assertEquals(expired, [5110]);
  time.pass(1000);
  assertEquals(expired, [5110]);
});

Deno.test("a deadline expires up to two ticks late, and never early: its time counts from the first tick that sees it", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(50);
  const expired: number[] = [];
  time.pass(1);
  deadlines.add(101, () => expired.push(time.now)); // at 5001, seen at 5050
  time.pass(198);
  assertEquals(expired, []);
  time.pass(1);
  assertEquals(expired, [5200]);
});

Deno.test("a deadline says at what moment it expires, once a tick has seen it", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines();
  const deadline = deadlines.add(250, () => {});
  time.pass(50);
  assertEquals(deadline.at, 5300);
});

Deno.test("deadlines look every 50 ms unless told otherwise", () => {
  using time = new ManualTime();
  using some = new Deadlines();
  using others = new Deadlines(7);
  some.add(1, () => {});
  others.add(1, () => {});
  assertEquals(time.timers.map(({ tickMs }) => tickMs), [50, 7]);
});

Deno.test("many deadlines share one timer and expire in their own time", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  const expired: number[] = [];
  for (const ms of [300, 100, 200]) deadlines.add(ms, () => expired.push(ms));
  assertEquals(time.timers.length, 1);
  time.pass(150);
  assertEquals(expired, [100]);
  time.pass(160);
  assertEquals(expired, [100, 200, 300]);
});

Deno.test("a deadline taken back does not expire, and may be taken back again", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  const expired: string[] = [];
  const gone = deadlines.add(100, () => expired.push("gone"));
  deadlines.add(100, () => expired.push("kept"));
  deadlines.remove(gone);
  deadlines.remove(gone);
  time.pass(200);
  assertEquals(expired, ["kept"]);
});

Deno.test("no timer runs before the first deadline, nor a tick after the last", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  assertEquals(time.timers.length, 0);
  deadlines.add(100, () => {});
  assertEquals(time.running.length, 1);
  time.pass(120);
  assertEquals(time.running.length, 0);
  deadlines.remove(deadlines.add(100, () => {}));
  assertEquals(time.running.length, 1);
  time.pass(20);
  assertEquals(time.running.length, 0);
});

Deno.test("deadlines work again after their timer has stopped", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  const expired: number[] = [];
  deadlines.add(20, () => expired.push(1));
  time.pass(100);
  deadlines.add(20, () => expired.push(2));
  time.pass(100);
  assertEquals(expired, [1, 2]);
  assertEquals([time.timers.length, time.running.length], [2, 0]);
});

Deno.test("the timer is gone a tick after nothing waits any more, and one serves all", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  const first = deadlines.add(100, () => {});
  const second = deadlines.add(100, () => {});
  deadlines.remove(first);
  time.pass(10);
  assertEquals(time.running.length, 1);
  deadlines.remove(second);
  deadlines.remove(first); // once more
  deadlines.remove(deadlines.add(100, () => {}));
  assertEquals(time.timers.length, 1);
  time.pass(10);
  assertEquals(time.running.length, 0);
});

Deno.test("what expires may add a deadline and take back another", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  const expired: string[] = [];
  deadlines.add(100, () => {
    expired.push("first");
    deadlines.remove(second);
    deadlines.add(50, () => expired.push("third"));
  });
  const second = deadlines.add(100, () => expired.push("second"));
  time.pass(110);
  assertEquals(expired, ["first"]);
  time.pass(60);
  assertEquals(expired, ["first", "third"]);
  time.pass(10);
  assertEquals(time.running.length, 0);
});

Deno.test("disposed deadlines expire no more, and may be disposed again", () => {
  using time = new ManualTime();
  const deadlines = new Deadlines(10);
  let expired = 0;
  const deadline = deadlines.add(100, () => expired++);
  deadlines[Symbol.dispose]();
  assertEquals(time.running.length, 0);
  time.pass(200);
  assertEquals(expired, 0);
  deadlines.add(100, () => expired += 10);
  time.pass(200);
  assertEquals(expired, 10, "what waited before is forgotten");
  deadlines.remove(deadline);
  deadlines[Symbol.dispose]();
  deadlines[Symbol.dispose]();
});

Deno.test("a deadline that is given another limit has all of it, from then on", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  const expired: number[] = [];
  const deadline = deadlines.add(100, () => expired.push(time.now));
  time.pass(95);
  deadlines.reset(deadline, 200);
  time.pass(204);
  assertEquals(expired, []);
  time.pass(1);
  assertEquals(expired, [5300]);
  deadlines.reset(deadline, 10); // it is over
  time.pass(100);
  assertEquals(expired, [5300]);
});

Deno.test("a deadline without end stands in the list, expires never, and keeps no timer", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  const expired: number[] = [];
  const deadline = deadlines.add(Infinity, () => expired.push(time.now));
  assertEquals([time.timers.length, [...deadlines].length], [0, 1]);
  deadlines.reset(deadline, 100);
  assertEquals(time.running.length, 1);
  time.pass(50);
  deadlines.reset(deadline, Infinity);
  time.pass(500);
  assertEquals([time.running.length, [...deadlines].length, expired], [0, 1, []]);
  deadlines.reset(deadline, 100);
  time.pass(120);
  assertEquals([expired.length, [...deadlines].length], [1, 0]);
});

Deno.test("what expires may give another of the same tick more time", () => {
  using time = new ManualTime();
  using deadlines = new Deadlines(10);
  const expired: string[] = [];
  deadlines.add(100, () => {
    expired.push("first");
    deadlines.reset(second, 100);
  });
  const second = deadlines.add(100, () => expired.push("second"));
  time.pass(150);
  assertEquals(expired, ["first"]);
  time.pass(100);
  assertEquals(expired, ["first", "second"]);
});

Deno.test("the list is from the oldest to the youngest", () => {
  using _time = new ManualTime();
  using deadlines = new Deadlines(10);
  const [a, b, c] = [deadlines.add(1, () => {}), deadlines.add(3, () => {}), deadlines.add(2, () => {})];
  deadlines.remove(b);
  assertEquals([...deadlines], [a, c]);
});

Deno.test("a deadline expires by the real clock", async () => {
  using deadlines = new Deadlines(1);
  const { promise, resolve } = Promise.withResolvers<number>();
  const start = performance.now();
  deadlines.add(2, () => resolve(performance.now()));
  assert(await promise - start >= 2);
});
