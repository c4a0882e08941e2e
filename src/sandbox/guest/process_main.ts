/**
 * The main program of a process scope: frames on stdin and stdout. It is evaluated by the process's main module, which
 * gives it `settings`. Ends when the host's end of stdin does.
 */
import type { GuestSettings } from "../guest_protocol.ts";
import { startGuest } from "./guest.ts";
import { ThreadPool } from "./thread_pool.ts";

declare const settings: GuestSettings;

const { exit } = Deno;
const read = Deno.stdin.read.bind(Deno.stdin);
const report = console.error.bind(console); // before the guest takes the console: this goes to stderr
const writeSync = Deno.stdout.writeSync.bind(Deno.stdout);

// Ctrl-C reaches the whole process group; the host decides what becomes of its plugins.
Deno.addSignalListener("SIGINT", () => {});

const connection = startGuest({
  settings,
  write(frame) {
    for (let written = 0; written < frame.byteLength;) written += writeSync(frame.subarray(written));
  },
  onViolation(error) {
    report(`error: ${error.message}`);
    exit(1);
  },
  loadPool: (request, own, log) => ThreadPool.load(request, own, log, settings),
});

/** What a pipe holds: no read gives more. */
const PIPE_BYTES = 64 * 1024;

async function serve(): Promise<void> {
  const buffer = new Uint8Array(PIPE_BYTES);
  for (let count = await read(buffer); count !== null; count = await read(buffer)) {
    connection.receive(buffer.subarray(0, count)); // nothing of it is kept: what arrives in pieces is copied
  }
  exit(0);
}

serve();
