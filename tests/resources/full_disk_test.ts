/** A disk without room: the error says so, names the key, and the old value stays. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { TempFolder } from "../support.ts";

const SCRIPT = fromFileUrl(new URL("full_disk_writer.ts", import.meta.url));
const unix = Deno.build.os !== "windows";

async function runInShell(commands: string, folder: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", commands, "sh", Deno.execPath(), SCRIPT, folder],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

function check(said: string, folder: string, reason: RegExp): void {
  const { wholeBlob, streamedBlob, state, ...after } = JSON.parse(said);
  for (const message of [wholeBlob, streamedBlob]) {
    assert(message.startsWith(`StoreError: Cannot put "report" in blob store "${folder}/blobs": `), message);
    assert(reason.test(message), message);
  }
  assert(state.startsWith(`StoreError: Cannot save "unit" in checkpoint store "${folder}/checkpoints": `), state);
  assert(reason.test(state), state);
  assertEquals(after, { blobAfter: "old", stateAfter: { state: "old", version: 1 }, versionAfter: 2, unfinished: [] });
}

const RUN = 'exec "$1" run -q --no-check --no-prompt --allow-read="$3" --allow-write="$3" "$2" "$3"';

Deno.test({
  name: "a file that the system lets grow no further is a clear error, and the old value stays",
  ignore: !unix,
  async fn() {
    await using folder = new TempFolder();
    // Ignored, the signal becomes an error of the write that went too far. 2048 blocks are a mebibyte.
    const { code, stdout, stderr } = await runInShell(`trap '' XFSZ; ulimit -f 2048; ${RUN} 3000000`, folder.path);
    assertEquals([code, stderr], [0, ""]);
    check(stdout, folder.path, /File too large/);
  },
});

Deno.test({
  name: "a full disk is a clear error, and the old value stays",
  ignore: !unix || !await mayMount(),
  async fn() {
    await using folder = new TempFolder();
    const mount = `mount -t tmpfs -o size=1m none "$3" && ${RUN} 3000000`;
    const { code, stdout, stderr } = await runInShell(`exec unshare -rm /bin/sh -c '${mount}' "$0" "$@"`, folder.path);
    assertEquals([code, stderr], [0, ""]);
    check(stdout, folder.path, /No space left on device/);
  },
});

/** Whether this user may mount a file system that only its own processes see. */
async function mayMount(): Promise<boolean> {
  if (!unix) return false;
  const probe = 'exec unshare -rm /bin/sh -c "mount -t tmpfs -o size=1m none /tmp"';
  const { success } = await new Deno.Command("/bin/sh", {
    args: ["-c", probe],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  })
    .output();
  return success;
}
