import { assert, assertEquals, assertMatch } from "@std/assert";
import { checkDocBlock } from "../matrix/doc_block.ts";
import type { Attempt } from "./attempt.ts";
import { ATTEMPTS } from "./attempts.ts";
import { renderAttempts } from "./render_attempts.ts";
import { runAttempts } from "./run_attempts.ts";

/** What is reported of a host beyond the plugins' own answers. Late loops are the matrix's affair. */
function harmsOf(harms: readonly string[]): string[] {
  return harms.filter((harm) => harm !== "loop stalls").sort();
}

/** NB: hosts of later steps run already, so a step cannot be held to its own resources; the test as a whole is. */
const step = { sanitizeOps: false, sanitizeResources: false };

Deno.test("the attempts are at least sixty, and none is there twice", () => {
  const ids = Object.values(ATTEMPTS).flat().map(({ id }) => id);
  assert(ids.length >= 60);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("in a process no attempt gets past the scope, and each is told so", async (t) => {
  for (const [through, attempts] of Object.entries(ATTEMPTS)) {
    const { seen, outcomes } = await runAttempts(attempts, "process");
    await t.step(`the host is as it was after attempts through ${through}`, () => {
      assertEquals(harmsOf(seen.harms), [], seen.stderr.slice(0, 1000));
    });
    for (const [attempt, { gained, told }] of outcomes) {
      await t.step(attempt.title, () => {
        assertEquals(gained, undefined, attempt.id);
        if (attempt.says !== undefined) assertMatch(told, attempt.says, attempt.id);
      });
    }
  }
});

Deno.test("in a worker an attempt gets as far as the table says, and no further", async (t) => {
  const all = Object.values(ATTEMPTS).flat().filter(({ worker }) => worker?.notRun === undefined);
  const harmful = all.filter(({ worker }) => worker?.harms !== undefined);
  const groups: Attempt[][] = [all.filter((attempt) => !harmful.includes(attempt)), ...harmful.map((own) => [own])];
  const runs = groups.map(() => Promise.withResolvers<Awaited<ReturnType<typeof runAttempts>>>());
  let next = 0;
  const work = async () => {
    for (let at = next++; at < groups.length; at = next++) {
      await runAttempts(groups[at]!, "worker").then(runs[at]!.resolve, runs[at]!.reject);
    }
  };
  work();
  work();
  for (const [i, group] of groups.entries()) {
    const { seen, outcomes } = await runs[i]!.promise;
    const title = i === 0 ? "the host is as it was after those that do not harm it" : group[0]!.title;
    await t.step({
      ...step,
      name: title,
      fn() {
        const expected = i === 0 ? [] : [...group[0]!.worker!.harms!];
        assertEquals(harmsOf(seen.harms), expected.sort(), seen.stderr.slice(0, 1000));
      },
    });
    if (seen.report === undefined) continue; // it killed its host, as the table says
    for (const [attempt, { gained, told }] of outcomes) {
      await t.step({
        ...step,
        name: attempt.title,
        fn() {
          assertEquals(gained !== undefined, attempt.worker?.escapes === true, `${attempt.id}: ${gained}`);
          const says = attempt.worker?.escapes === true ? undefined : attempt.worker?.says ?? attempt.says;
          if (says !== undefined) assertMatch(told, says, attempt.id);
        },
      });
    }
  }
});

Deno.test("docs/sandbox.md lists the attempts as they are", async () => {
  await checkDocBlock("attempts", renderAttempts(ATTEMPTS));
});
