import { assert, assertEquals, assertThrows } from "@std/assert";
import { Health, type HealthPolicy, judgeHealth, type Verdict } from "../../src/registry/health.ts";
import { deno, PROJECT } from "../support.ts";

interface Told {
  plugin: string;
  verdict: Verdict;
  reason: string | undefined;
}

/** Remembers what is told, and waits for it. */
class Ear {
  readonly told: Told[] = [];
  #waiting: (() => void)[] = [];

  readonly tell = (plugin: string, verdict: Verdict, reason: string | undefined): void => {
    this.told.push({ plugin, verdict, reason });
    for (const wake of this.#waiting.splice(0)) wake();
  };

  get verdicts(): string[] {
    return this.told.map(({ plugin, verdict }) => `${plugin} ${verdict}`);
  }

  /** Waits until so much was told. */
  async count(count: number): Promise<void> {
    await until(() => this.told.length >= count, this.#waiting);
  }
}

/** Waits for something, with a limit. */
async function until(holds: () => boolean, waiting?: (() => void)[]): Promise<void> {
  let expired = false;
  let wake = () => {};
  const limit = setTimeout(() => (expired = true, wake()), 10_000);
  try {
    while (!holds()) {
      assert(!expired, "nothing came within 10 s");
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting === undefined) setTimeout(resolve, 5);
        else waiting.push(resolve);
      });
    }
  } finally {
    clearTimeout(limit);
  }
}

const QUICK: HealthPolicy = { intervalMs: 10, timeoutMs: 2_000, failures: 3 };

Deno.test("a failure makes a plugin degraded, three in a row unavailable, and an answer healthy again", async () => {
  const ear = new Ear();
  using health = new Health(QUICK, ear.tell);
  let asked = 0;
  health.watch("a", () => {
    asked++;
    if (asked <= 4) return Promise.reject(new Error(`no disk (${asked})`));
    return Promise.resolve();
  });
  await ear.count(3);
  assertEquals(ear.told, [
    { plugin: "a", verdict: "degraded", reason: "it failed: no disk (1)" },
    {
      plugin: "a",
      verdict: "unavailable",
      reason: "3 checks of its health failed in a row, the last because it failed: no disk (3)",
    },
    { plugin: "a", verdict: "healthy", reason: undefined },
  ]);
});

Deno.test("failures that are not in a row never make a plugin unavailable", async () => {
  const ear = new Ear();
  using health = new Health(QUICK, ear.tell);
  let asked = 0;
  health.watch("a", () => Promise.resolve(++asked % 3 === 0)); // two of three fail
  await ear.count(6);
  assertEquals(new Set(ear.verdicts), new Set(["a degraded", "a healthy"]));
});

Deno.test("one failure is enough where the policy says so", async () => {
  const ear = new Ear();
  using health = new Health({ ...QUICK, failures: 1 }, ear.tell);
  health.watch("a", () => Promise.resolve(false));
  await ear.count(1);
  assertEquals(ear.told, [{ plugin: "a", verdict: "unavailable", reason: "it gave false" }]);
});

Deno.test("a verdict is told once, whatever the reasons", async () => {
  const ear = new Ear();
  using health = new Health(QUICK, ear.tell);
  let asked = 0;
  health.watch("a", () => Promise.reject(new Error(`${++asked}`)));
  await until(() => asked >= 8);
  assertEquals(ear.verdicts, ["a degraded", "a unavailable"]);
});

Deno.test("a plugin that says that it is degraded is never made unavailable, and returns from it", async () => {
  const ear = new Ear();
  using health = new Health(QUICK, ear.tell);
  const answers: unknown[] = [false, false, false, ...Array(8).fill({ status: "degraded" }), false, false, "ok"];
  health.watch("a", () => Promise.resolve(answers.shift()));
  await ear.count(4);
  assertEquals(ear.verdicts, ["a degraded", "a unavailable", "a degraded", "a healthy"]);
});

Deno.test("plugins are asked side by side: one that hangs does not delay another", async () => {
  const ear = new Ear();
  using health = new Health(QUICK, ear.tell);
  health.watch("hangs", () => new Promise(() => {}));
  let asked = 0;
  health.watch("b", () => Promise.resolve(++asked < 3));
  await ear.count(1);
  assertEquals(ear.verdicts, ["b degraded"]);
});

Deno.test("an answer that does not come in time is a failure, and unavailable when it goes on", async () => {
  const ear = new Ear();
  using health = new Health({ intervalMs: 10, timeoutMs: 15, failures: 2 }, ear.tell);
  const signals: AbortSignal[] = [];
  health.watch("a", (signal) => new Promise(() => signals.push(signal)));
  await ear.count(2);
  assertEquals(ear.told.map(({ verdict, reason }) => [verdict, reason]), [
    ["degraded", "it gave no answer within 15 ms"],
    ["unavailable", "2 checks of its health failed in a row, the last because it gave no answer within 15 ms"],
  ]);
  assertEquals(signals.map(({ aborted }) => aborted), [true, true]);
});

Deno.test("a late answer counts once, as late: what it says is ignored", async () => {
  const ear = new Ear();
  using health = new Health({ intervalMs: 10, timeoutMs: 15, failures: 2 }, ear.tell);
  const late: ((answer: unknown) => void)[] = [];
  let asked = 0;
  health.watch("a", () => ++asked <= 2 ? new Promise((resolve) => late.push(resolve)) : Promise.resolve());
  await ear.count(1);
  late[0]!(true); // after its time: neither healthy now, nor a second failure
  await ear.count(2);
  late[1]!(false);
  await ear.count(3);
  assertEquals(ear.verdicts, ["a degraded", "a unavailable", "a healthy"]);
  const before = asked;
  await until(() => asked > before + 2);
  assertEquals(ear.told.length, 3);
});

Deno.test("questions to one plugin never overlap", async () => {
  using health = new Health({ intervalMs: 1, timeoutMs: 5_000 }, () => {});
  let now = 0;
  let most = 0;
  let asked = 0;
  health.watch("a", async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 10));
    now--;
    asked++;
  });
  await until(() => asked >= 5 && now === 0);
  health.forget("a");
  assertEquals(most, 1);
});

Deno.test("what is forgotten is asked no more, and its answer under way is not heard", async () => {
  const ear = new Ear();
  using health = new Health(QUICK, ear.tell);
  let answer: (value: unknown) => void = () => {};
  let gone: AbortSignal | undefined;
  let asked = 0;
  health.watch("a", (signal) => (asked++, gone = signal, new Promise((resolve) => answer = resolve)));
  health.watch("b", () => Promise.resolve(asked === 0));
  await ear.count(1); // told of b when a has been asked
  health.forget("a");
  answer(false);
  await ear.count(2); // b, unavailable
  assertEquals(ear.verdicts, ["b degraded", "b unavailable"]);
  assertEquals([asked, gone?.aborted], [1, true]);
  health.forget("never watched");
});

Deno.test("a plugin that is watched again begins anew as healthy", async () => {
  const ear = new Ear();
  using health = new Health(QUICK, ear.tell);
  health.watch("a", () => Promise.resolve(false));
  await ear.count(2);
  let asked = 0;
  health.watch("a", () => Promise.resolve(++asked === 3 ? false : true));
  await ear.count(4);
  assertEquals(ear.verdicts, ["a degraded", "a unavailable", "a degraded", "a healthy"]);
});

Deno.test("one that throws at once has failed like one that rejects", async () => {
  const ear = new Ear();
  using health = new Health(QUICK, ear.tell);
  health.watch("a", () => {
    throw "no error at all";
  });
  await ear.count(1);
  assertEquals(ear.told[0]!.reason, "it failed: no error at all");
});

Deno.test("nothing is asked after all is disposed of, whoever begins", async () => {
  const health = new Health<string>(QUICK, () => {});
  let asked = 0;
  health.watch("a", () => Promise.resolve(++asked));
  health[Symbol.dispose]();
  health[Symbol.dispose]();
  health.watch("b", () => Promise.resolve(++asked));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals(asked, 0);
});

Deno.test("a host that has nothing else to do may end", async () => {
  const module = new URL("src/registry/health.ts", PROJECT).href;
  const source = `import { Health } from "${module}";
    const health = new Health({ intervalMs: 20, timeoutMs: 600_000 }, () => {});
    health.watch("waits", () => Promise.resolve());
    health.watch("hangs", () => new Promise(() => {}));
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log("end");`;
  const { code, stdout } = await deno(["eval", "--no-check", source], {}, 20_000);
  assertEquals([code, stdout], [0, "end\n"]);
});

const ANSWERS: [answer: unknown, says: string, reason?: string][] = [
  [undefined, "healthy"],
  [null, "healthy"],
  [true, "healthy"],
  [0, "healthy"],
  [{}, "healthy"],
  [[], "healthy"],
  [{ healthy: true, ok: true, status: "OK" }, "healthy"],
  [{ status: " Up " }, "healthy"],
  [{ status: 200 }, "healthy"],
  ["ok", "healthy"],
  [false, "failed", "it gave false"],
  [{ healthy: false }, "failed", "it gave healthy: false"],
  [{ ok: false, reason: "no disk" }, "failed", "it gave ok: false: no disk"],
  [{ ok: true, status: false }, "failed", "it gave status: false"],
  [{ healthy: true, ok: false }, "failed", "it gave ok: false"],
  [{ status: "DOWN", message: "no network" }, "failed", 'it gave status "DOWN": no network'],
  [{ status: "not ready" }, "failed", 'it gave status "not ready"'],
  [{ status: "unhealthy" }, "failed", 'it gave status "unhealthy"'],
  [
    { status: "idle" },
    "failed",
    'it gave status "idle", which is none of ok, healthy, up, pass, passing, ready, serving, green',
  ],
  [{ status: "degraded", error: "slow" }, "degraded", 'it gave status "degraded": slow'],
  ["warn", "degraded", 'it gave status "warn"'],
  ["fail", "failed", 'it gave status "fail"'],
];

for (const [answer, says, reason] of ANSWERS) {
  Deno.test(`health() that gives ${JSON.stringify(answer)} is ${says}`, () => {
    assertEquals(judgeHealth(answer), { says, ...(reason === undefined ? {} : { reason }) });
  });
}

Deno.test("a plugin cannot make a reason of any length", () => {
  assert(judgeHealth({ status: "x".repeat(1e6), reason: "y".repeat(1e6) }).reason!.length < 1_200);
});

Deno.test("a policy that is none is refused", () => {
  const make = (policy: HealthPolicy) => new Health(policy, () => {});
  for (const ms of [0, -1, NaN, Infinity, 2 ** 31]) {
    assertThrows(() => make({ intervalMs: ms }), RangeError, `Cannot ask for health every "${ms}" ms`);
    assertThrows(() => make({ timeoutMs: ms }), RangeError, `Cannot wait for health for "${ms}" ms`);
  }
  for (const failures of [0, 1.5, NaN]) assertThrows(() => make({ failures }), RangeError, `"${failures}" failures`);
});
