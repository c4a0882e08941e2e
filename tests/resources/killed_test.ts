/** A process that is killed while it writes leaves whole values, and none that it had acknowledged is lost. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { FileBlobStore } from "../../src/resources/file_blob_store.ts";
import { FileCheckpointStore } from "../../src/resources/file_checkpoint_store.ts";
import { Chance } from "../rpc/chance.ts";
import { TempFolder } from "../support.ts";
import { roundOfBlob, SLOTS, stateOf } from "./killed_values.ts";

const KILLS = 200;
const WRITERS = 4;

Deno.test(`of ${KILLS} processes killed while they write, each leaves whole values, old or new`, async () => {
  await using folder = new TempFolder();
  let acknowledged = 0;
  const unfinished = new Set<string>();

  async function killWriters(writer: number): Promise<void> {
    const chance = new Chance(writer);
    const own = `${folder.path}/${writer}`;
    await using blobs = new FileBlobStore(`${own}/blobs`, { durable: false });
    await using checkpoints = new FileCheckpointStore(`${own}/checkpoints`, { durable: false });
    // Of each key the round of its blob and of its state, as last acknowledged or found.
    const known = Array.from({ length: SLOTS }, () => ({ blob: -1, state: -1, version: 0 }));
    let round = 0;
    for (let kill = 0; kill < KILLS / WRITERS; kill++) {
      const last = await killOneWriter(own, round, chance, kill % 2 === 0);
      for (const [acked, slot] of last) known[slot] = { ...known[slot]!, blob: acked, state: acked };
      acknowledged += last.length;
      // The round after the last acknowledged one may have been written, or not.
      const possible = (last.at(-1)?.[0] ?? round - 1) + 1;
      for (const [slot, before] of known.entries()) {
        const key = `key ${slot}`;
        const allowed = (old: number) => possible % SLOTS === slot ? [old, possible] : [old];
        const bytes = await blobs.get(key);
        const blob = bytes === undefined ? -1 : roundOfBlob(bytes);
        assert(allowed(before.blob).includes(blob), `${key}: blob of round ${blob}, not of ${allowed(before.blob)}`);
        const { state, version } = await checkpoints.load(key);
        const saved = state === null ? -1 : (state as { round: number }).round;
        assert(allowed(before.state).includes(saved), `${key}: state of ${saved}, not of ${allowed(before.state)}`);
        if (state !== null) assertEquals(state, stateOf(saved));
        assert(version >= before.version, `version ${version} after ${before.version}`);
        known[slot] = { blob, state: saved, version };
      }
      round = possible + 1;
      for (const store of ["blobs", "checkpoints"]) {
        for (const { name } of Deno.readDirSync(`${own}/${store}`)) if (name.startsWith(".tmp-")) unfinished.add(name);
      }
    }
    const expected = ["key 0", "key 1", "key 2"];
    assertEquals(await blobs.list(), expected);
    assertEquals((await checkpoints.list()).map(({ key }) => key), expected);
  }

  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => killWriters(writer)));
  assert(acknowledged > KILLS, `only ${acknowledged} rounds were written`);
  assert(unfinished.size > KILLS / 20, `only ${unfinished.size} were killed in the middle of a file`);
});

/** @returns The rounds that it acknowledged, and their slots. */
async function killOneWriter(
  folder: string,
  start: number,
  chance: Chance,
  durable: boolean,
): Promise<[round: number, slot: number][]> {
  const script = fromFileUrl(new URL("killed_writer.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-check",
      "--no-prompt",
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      script,
      folder,
      `${start}`,
      durable ? "durable" : "fast",
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    said += value;
    // From its first word on it writes without a pause; the moment of its death is random.
    timer ??= setTimeout(() => child.kill("SIGKILL"), chance.below(25));
  }
  clearTimeout(timer);
  assertEquals((await child.status).signal, "SIGKILL", "the writer ended by itself");
  const whole = said.slice(0, said.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "");
  return whole.map((line) => line.split(" ").map(Number) as [number, number]);
}
