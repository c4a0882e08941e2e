/** The main module of a process scope: frames on stdin and stdout. Ends when the host's end of stdin does. */
import { startGuest } from "./guest.ts";

const { exit } = Deno;
const read = Deno.stdin.read.bind(Deno.stdin);
const report = console.error.bind(console); // before the guest takes the console: this goes to stderr
const writeSync = Deno.stdout.writeSync.bind(Deno.stdout);

// Ctrl-C reaches the whole process group; the host decides what becomes of its plugins.
Deno.addSignalListener("SIGINT", () => {});

const connection = startGuest({
  write(frame) {
    for (let written = 0; written < frame.byteLength;) written += writeSync(frame.subarray(written));
  },
  onViolation(error) {
    report(`error: ${error.message}`);
    exit(1);
  },
});

const buffer = new Uint8Array(256 * 1024);
for (;;) {
  const count = await read(buffer);
  if (count === null) break;
  connection.receive(buffer.slice(0, count));
}
exit(0);
