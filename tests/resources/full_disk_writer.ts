/** Writes more than there is room for, and says on stdout what came of it. Arguments: the folder, the size that fits not. */
import { FileBlobStore } from "../../src/resources/file_blob_store.ts";
import { FileCheckpointStore } from "../../src/resources/file_checkpoint_store.ts";

const [folder, tooMuch] = Deno.args as [string, string];
const size = Number(tooMuch);
const unfinished: string[] = [];

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `no error: ${error}`;
}

function lookForUnfinished(path: string): void {
  for (const { name } of Deno.readDirSync(path)) if (name.startsWith(".tmp-")) unfinished.push(name);
}

await using blobs = new FileBlobStore(`${folder}/blobs`);
await blobs.put("report", "old");
const wholeBlob = await blobs.put("report", new Uint8Array(size)).catch(messageOf);
async function* parts() {
  for (let left = size; left > 0; left -= 10_000) yield new Uint8Array(10_000);
}
const streamedBlob = await blobs.put("report", parts()).catch(messageOf);
const blobAfter = new TextDecoder().decode(await blobs.get("report"));
lookForUnfinished(`${folder}/blobs`);
await blobs.put("report", "new");

await using checkpoints = new FileCheckpointStore(`${folder}/checkpoints`);
await checkpoints.save("unit", "old");
const state = await checkpoints.save("unit", "x".repeat(size)).catch(messageOf);
const stateAfter = await checkpoints.load("unit");
lookForUnfinished(`${folder}/checkpoints`);
const versionAfter = await checkpoints.save("unit", "new");

console.log(JSON.stringify({ wholeBlob, streamedBlob, blobAfter, state, stateAfter, versionAfter, unfinished }));
