/** Calls, streams in both directions, cancels and slow pipes in every order that chance finds. */
import { assert, assertEquals } from "@std/assert";
import { type CallHandler, Connection } from "../../src/rpc/mod.ts";
import { Chance } from "./chance.ts";
import { nextTurn, TARGET, Uncaught } from "./linked_pair.ts";

const CONVERSATIONS = 60;
const STEPS = 80;

/** What is known of one conversation. */
interface Tally {
  opened: number;
  ended: number;
  running: number;
}

/** Two ends whose pipes take a random number of turns, and cut what they carry anywhere. */
function slowLink(chance: Chance, violations: Error[]): [near: Connection, far: Connection] {
  const pipe = (to: () => Connection) => async (frame: Uint8Array) => {
    for (let i = chance.below(4); i > 0; i--) await null;
    if (chance.below(8) === 0) await nextTurn();
    for (let at = 0; at < frame.length;) {
      const end = chance.below(3) === 0 ? at + 1 + chance.below(frame.length) : frame.length;
      to().receive(frame.slice(at, end));
      at = end;
    }
  };
  const options = { maxQueuedBytes: 20_000, onViolation: (error: Error) => violations.push(error) };
  const near: Connection = new Connection({ peer: "far end", write: pipe(() => far), ...options });
  const far: Connection = new Connection({ peer: "near end", write: pipe(() => near), ...options });
  return [near, far];
}

async function* count(chance: Chance, to: number, tally: Tally): AsyncGenerator<unknown> {
  tally.opened++;
  try {
    for (let i = 0; i < to; i++) {
      if (chance.below(10) === 0) await null;
      if (chance.below(100) === 0) await nextTurn();
      yield i % 7 === 3 ? new Uint8Array(i % 50).fill(i) : i;
    }
  } finally {
    tally.ended++;
  }
}

/** What a stream of {@linkcode count} must be, as far as it was read. */
function check(items: readonly unknown[]): void {
  items.forEach((item, i) => assertEquals(item, i % 7 === 3 ? new Uint8Array(i % 50).fill(i) : i));
}

async function read(stream: unknown, limit: number): Promise<number> {
  const items: unknown[] = [];
  for await (const item of stream as AsyncIterable<unknown>) {
    if (items.push(item) >= limit) break;
  }
  check(items);
  return items.length;
}

async function converse(seed: number): Promise<void> {
  const chance = new Chance(seed);
  const violations: Error[] = [];
  const [near, far] = slowLink(chance, violations);
  const tally: Tally = { opened: 0, ended: 0, running: 0 };
  const handler: CallHandler = async (method, args, call) => {
    tally.running++;
    try {
      if (chance.below(2) === 0) await null;
      if (method === "wait" && !call.signal.aborted) {
        await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
      }
      if (method === "stream") return count(chance, args[0] as number, tally);
      if (method === "read") return await read(args[0], args[1] as number);
      return args[0];
    } finally {
      tally.running--;
    }
  };
  for (const end of [near, far]) end.serve(TARGET, handler);

  const work: Promise<unknown>[] = [];
  for (let step = 0; step < STEPS; step++) {
    const end = chance.of([near, far]);
    const size = chance.of([0, 1, 5, 100, 2_500]);
    const limit = chance.of([1, 3, Infinity]);
    switch (chance.below(5)) {
      case 0:
        work.push(
          end.call(TARGET, "echo", [[step, new Uint8Array(size)]]).then((found) => {
            assertEquals(found, [step, new Uint8Array(size)]);
          }),
        );
        break;
      case 1:
        work.push(
          end.call(TARGET, "stream", [size]).then((stream) => read(stream, limit)).then((found) => {
            assertEquals(found, Math.min(size, limit));
          }),
        );
        break;
      case 2:
        work.push(
          end.call(TARGET, "read", [count(chance, size, tally), limit === Infinity ? 1e9 : limit]).then((found) => {
            assertEquals(found, Math.min(size, limit));
          }),
        );
        break;
      default: {
        const controller = new AbortController();
        const { signal } = controller;
        const reason = new Error(`step ${step}`);
        const method = chance.of(["wait", "echo", "stream"]);
        const call = end.call(TARGET, method, [method === "stream" ? size : step], { signal });
        const used = method === "stream" ? call.then((stream) => read(stream, limit)) : call;
        work.push(used.then(() => {}, (error) => assertEquals(error, reason)));
        const abort = () => controller.abort(reason);
        const when = chance.below(4);
        if (when < 2) setTimeout(abort, 0);
        else if (when === 2) queueMicrotask(abort);
        else abort();
      }
    }
    for (let i = chance.below(4); i > 0; i--) await null;
    if (chance.below(10) === 0) await nextTurn();
  }
  await Promise.all(work);
  for (let i = 0; i < 50 && (tally.running > 0 || tally.opened > tally.ended); i++) await nextTurn();
  assertEquals(violations, [], `seed ${seed}`);
  assertEquals(tally.running, 0, `a handler still runs with seed ${seed}`);
  assertEquals(tally.opened, tally.ended, `a producer was not told to end with seed ${seed}`);
  assertEquals(await near.call(TARGET, "echo", ["still"]), "still");
  near.close(new Error("closed"));
  far.close(new Error("closed"));
}

Deno.test("in whatever order calls, streams and cancels come, each gets its own, and no producer is left", async () => {
  using uncaught = new Uncaught();
  for (let seed = 1; seed <= CONVERSATIONS; seed++) {
    try {
      await converse(seed);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause}`, { cause });
    }
  }
  await nextTurn();
  assert(uncaught.errors.length === 0, String(uncaught.errors));
});
