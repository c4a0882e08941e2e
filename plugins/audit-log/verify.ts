/** Verifies a log: `deno run --allow-read=audit.log verify.ts audit.log [sequence hash]`. Ends with 1 if it is not whole. */
import { verifyChain } from "./verify_chain.ts";

const [file, sequence, hash] = Deno.args;
if (file === undefined || (sequence === undefined) !== (hash === undefined)) {
  console.error("usage: verify.ts FILE [SEQUENCE HASH]");
  Deno.exit(2);
}
const head = hash === undefined ? {} : { head: { sequence: Number(sequence), hash } };
const { problems, records, chains, unfinished, closed } = await verifyChain(
  (await Deno.readTextFile(file)).split("\n"),
  head,
);
for (const { line, reason } of problems) console.error(`${file}:${line}: ${reason}`);
const end = closed ? "closed in good order" : "not closed";
console.log(`${records} records in ${chains} chain(s), ${unfinished.length} call(s) without an end, ${end}`);
Deno.exit(problems.length === 0 ? 0 : 1);
