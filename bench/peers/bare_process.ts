import { isolationFlags } from "../../src/sandbox/mod.ts";

/** A module that answers each line on stdin with a line, and ends when stdin does. */
const ANSWER = `data:text/javascript,
const buffer = new Uint8Array(1024);
while (await Deno.stdin.read(buffer) !== null) Deno.stdout.writeSync(buffer.subarray(0, 1));`;

/** The memory limit that plugins have by default. */
const HEAP = "--v8-flags=--max-old-space-size=512";

/** A Deno child that holds nothing of this package. */
export interface BareProcess extends AsyncDisposable {
  readonly pid: number;
  /** Sends a line and waits for the answer's first bytes. */
  ask(): Promise<void>;
}

/**
 * Starts a Deno child the way a plugin's is started: the same flags, a clean environment, three pipes, a cache folder of
 * its own that is made here and is empty. Its module is one line, and is the whole difference.
 *
 * @param folder Where its cache folder is made.
 */
export async function startBareProcess(folder: string): Promise<BareProcess> {
  const cacheDir = await Deno.makeTempDir({ dir: folder });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...isolationFlags(), HEAP, `--allow-read=${folder}`, ANSWER.replaceAll("\n", "")],
    clearEnv: true,
    env: { DENO_DIR: cacheDir, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  return {
    pid: child.pid,
    async ask() {
      await writer.write(new Uint8Array([10]));
      if ((await reader.read()).done) throw new Error("the bare child has ended");
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      await Promise.all([child.status, reader.cancel(), child.stderr.cancel()]);
      await Deno.remove(cacheDir, { recursive: true });
    },
  };
}
