/** Saves one key fifty times and says which versions it was given. Arguments: the folder, the saver's name. */
import { FileCheckpointStore } from "../../src/resources/file_checkpoint_store.ts";

const [folder, who] = Deno.args as [string, string];
await using store = new FileCheckpointStore(folder, { durable: false });
const saves: { who: string; i: number; version: number }[] = [];
for (let i = 0; i < 50; i++) saves.push({ who, i, version: await store.save("key", { who, i }) });
console.log(JSON.stringify(saves));
