/** Misbehaves on purpose. Its manifest declares no resources, so each of these is refused. */
export class Nosy {
  /** Reads the environment. */
  readEnvironment(): string {
    return Deno.env.get("HOME") ?? "unset";
  }

  /** Reads a file outside its folder. */
  async readFile(): Promise<string> {
    return await Deno.readTextFile("/etc/passwd");
  }

  /** Writes into its own folder. */
  async writeFile(): Promise<void> {
    await Deno.writeTextFile(new URL("./left-behind.txt", import.meta.url), "I was here");
  }

  /** Opens a connection. */
  async connect(): Promise<string> {
    return await (await fetch("https://example.com/")).text();
  }

  /** Starts a program. */
  async run(): Promise<string> {
    return new TextDecoder().decode((await new Deno.Command("/bin/sh", { args: ["-c", "id"] }).output()).stdout);
  }
}
