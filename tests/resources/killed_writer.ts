/**
 * Writes to stores until it is killed, and says on stdout what was acknowledged: `<round> <slot>`. Arguments: the
 * folder, the round to start with, and `durable` or not.
 */
import { FileBlobStore } from "../../src/resources/file_blob_store.ts";
import { FileCheckpointStore } from "../../src/resources/file_checkpoint_store.ts";
import { blobOf, SLOTS, stateOf } from "./killed_values.ts";

const [folder, start, durable] = Deno.args as [string, string, string];
const options = { durable: durable === "durable" };
const blobs = new FileBlobStore(`${folder}/blobs`, options);
const checkpoints = new FileCheckpointStore(`${folder}/checkpoints`, options);

for (let round = Number(start);; round++) {
  const slot = round % SLOTS;
  const key = `key ${slot}`;
  const bytes = blobOf(round);
  const stream = async function* () {
    for (let at = 0; at < bytes.length; at += 20_000) yield bytes.subarray(at, at + 20_000);
  };
  await blobs.put(key, round % 2 === 0 ? bytes : stream());
  await checkpoints.save(key, stateOf(round));
  Deno.stdout.writeSync(new TextEncoder().encode(`${round} ${slot}\n`));
}
