/**
 * The far end of a bare pipe, on the primitives that a plugin's process uses. What it does is its first argument:
 * `lines` sends each JSON line back, `bytes` each length-prefixed block, `stream` sends as many lines as it is asked for.
 */
const [mode, batch = "0"] = Deno.args;
const encoder = new TextEncoder(), decoder = new TextDecoder();
const buffer = new Uint8Array(256 * 1024);

function write(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.byteLength;) written += Deno.stdout.writeSync(bytes.subarray(written));
}

/** What a read brought, or `undefined` at the end. */
async function read(): Promise<Uint8Array | undefined> {
  const count = await Deno.stdin.read(buffer);
  return count === null ? undefined : buffer.subarray(0, count);
}

let rest = "";
/** All whole lines of a read go back in one write. */
function echoLines(chunk: Uint8Array): void {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
  rest = lines.pop()!;
  let answer = "";
  for (const line of lines) answer += `${JSON.stringify(JSON.parse(line))}\n`;
  write(encoder.encode(answer));
}

let block = new Uint8Array(0);
let filled = 0;
/** A block is gathered whole before it goes back. */
function echoBytes(chunk: Uint8Array): void {
  if (filled === block.byteLength) {
    block = new Uint8Array(4 + new DataView(chunk.buffer, chunk.byteOffset).getUint32(0));
    filled = 0;
  }
  block.set(chunk, filled);
  filled += chunk.byteLength;
  if (filled === block.byteLength) write(block);
}

function stream(chunk: Uint8Array): void {
  const count = Number(decoder.decode(chunk)), each = Number(batch);
  for (let index = 0; index < count;) {
    let lines = "";
    for (const end = Math.min(count, index + each); index < end; index++) lines += `${JSON.stringify({ index })}\n`;
    write(encoder.encode(lines));
  }
}

const take = mode === "lines" ? echoLines : mode === "bytes" ? echoBytes : stream;
for (let chunk = await read(); chunk !== undefined; chunk = await read()) take(chunk);
