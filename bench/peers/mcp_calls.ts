import { fromFileUrl } from "@std/path/from-file-url";

/** Calls over the official MCP SDK: a client in a process of its own, and its server behind stdio. */
export class McpCalls implements AsyncDisposable {
  readonly #client: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor() {
    const path = (file: string) => fromFileUrl(new URL(file, import.meta.url));
    this.#client = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", path("../../deno.json"), path("mcp_client.ts")],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#client.stdin.getWriter();
    this.#reader = this.#client.stdout.getReader();
  }

  /** Makes calls that are all in flight at once. @returns Microseconds a call, by the client's own clock. */
  async inFlight(calls: number): Promise<number> {
    await this.#writer.write(new TextEncoder().encode(`${calls}`));
    const { value } = await this.#reader.read();
    if (value === undefined) throw new Error("the MCP client has ended");
    return Number(new TextDecoder().decode(value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await Promise.all([this.#client.status, this.#reader.cancel()]);
  }
}
