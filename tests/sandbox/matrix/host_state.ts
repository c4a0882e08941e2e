/** What a host program looks at in itself: what a plugin that is contained leaves as it was. */
import { join } from "@std/path/join";
import process from "node:process";
import { INPUT, SECRET } from "./host_spec.ts";

/** Kept from before any plugin ran: a plugin may patch what this page needs. */
const { stringify } = JSON;
const intrinsics: [holder: object, key: string][] = [
  [JSON, "stringify"],
  [JSON, "parse"],
  [Promise.prototype, "then"],
  [Array.prototype, "map"],
  [Array.prototype, "push"],
  [Map.prototype, "get"],
  [Object, "keys"],
  [Reflect, "apply"],
  [Function.prototype, "call"],
  [EventTarget.prototype, "dispatchEvent"],
  [globalThis, "fetch"],
  [globalThis, "setTimeout"],
];
const originals = intrinsics.map(([holder, key]) => Reflect.get(holder, key));

/** Canaries of the host, set out before its plugins are started. */
export class HostState {
  readonly #folder: string;
  readonly #cwd = Deno.cwd();
  readonly #umask = Deno.umask();
  readonly #channel: BroadcastChannel = new BroadcastChannel("host");
  readonly #listener: Deno.Listener | undefined;
  readonly #disk: string;
  #heard = 0;
  #connections = 0;

  /** @param folder The folder of the case. */
  constructor(folder: string) {
    this.#folder = folder;
    Deno.env.set("HOST_CANARY", SECRET);
    this.#channel.onmessage = () => this.#heard++;
    this.#listener = mayListen() ? Deno.listen({ hostname: "127.0.0.1", port: 0 }) : undefined;
    this.#accept();
    this.#disk = webCache();
  }

  /** The port on the loopback address where nobody may call. */
  get port(): number {
    return this.#listener === undefined ? 0 : (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Lets go of what keeps the program alive, and says what is not as it was. */
  async harms(): Promise<string[]> {
    this.#listener?.close();
    this.#channel.close();
    const harms: string[] = [];
    const note = (harm: string, seen: boolean) => seen && harms.push(harm);
    note("folder moved", Deno.cwd() !== this.#cwd);
    if (Deno.cwd() !== this.#cwd) Deno.chdir(this.#cwd);
    note("umask changed", Deno.umask() !== this.#umask);
    note("environment changed", Deno.env.get("HOST_CANARY") !== SECRET || Deno.env.has("FROM_PLUGIN"));
    note(
      "built-ins changed",
      intrinsics.some(([holder, key], i) => Reflect.get(holder, key) !== originals[i]) || "polluted" in {},
    );
    note("channel heard", this.#heard > 0);
    note("lock taken", await lockTaken());
    note("permission lost", lost());
    note("loopback reached", this.#connections > 0);
    note("cache written", webCache() !== this.#disk);
    note("canary changed", Deno.readTextFileSync(join(this.#folder, "canary/canary.txt")) !== "untouched");
    note("input taken", !(await readInput()).includes(INPUT));
    return harms;
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener ?? []) {
        this.#connections++;
        connection.close();
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // closed while it waited
    }
  }
}

/** What must hold once all is torn down: nothing of a plugin is left. */
export async function leftovers(tempDir: string): Promise<string[]> {
  const harms: string[] = [];
  if ([...Deno.readDirSync(tempDir)].length > 0) harms.push("files left");
  if (children().length > 0) harms.push("process left");
  if (await burns()) harms.push("core burns");
  return harms;
}

/** Whether this process goes on working when it has nothing to do. On a busy machine even a loop gets little time. */
async function burns(): Promise<boolean> {
  for (let look = 0; look < 4; look++) {
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 150));
    const { user, system } = process.cpuUsage(before);
    if (user + system < 15_000) return false;
  }
  return true;
}

/** Processes whose parent is this one, where the system tells. */
function children(): string[] {
  const found: string[] = [];
  try {
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const [state, parent] = Deno.readTextFileSync(`/proc/${name}/stat`).replace(/^.*\) /, "").split(" ");
        if (Number(parent) === Deno.pid && state !== "Z") found.push(name);
      } catch {
        continue; // it is gone by now
      }
    }
  } catch {
    return []; // no such folder here, or not to be read under this host's permissions
  }
  return found;
}

/** NB: the types of Deno 2.9.6 know no Web Locks. */
interface Locks {
  query(): Promise<{ held?: { name: string }[] }>;
}

async function lockTaken(): Promise<boolean> {
  const { held = [] } = await (Reflect.get(navigator, "locks") as Locks).query();
  return held.some(({ name }) => name === "host");
}

function lost(): boolean {
  return Deno.permissions.querySync({ name: "read", path: Deno.cwd() }).state !== "granted";
}

function mayListen(): boolean {
  return Deno.permissions.querySync({ name: "net", host: "127.0.0.1:0" }).state === "granted";
}

/** What Deno keeps for `caches`. */
function webCache(): string {
  const names: string[] = [];
  try {
    for (const { name } of Deno.readDirSync(join(Deno.env.get("DENO_DIR")!, "location_data/web_cache"))) {
      names.push(name);
    }
  } catch {
    return ""; // there is none yet
  }
  return stringify(names.sort());
}

/** The host's stdin holds one line, and ends. */
async function readInput(): Promise<string> {
  const buffer = new Uint8Array(1024);
  const late = new Promise<null>((resolve) => Deno.unrefTimer(setTimeout(() => resolve(null), 2000)));
  const read = Deno.stdin.read(buffer).catch(() => null); // a plugin may have closed it
  const count = await Promise.race([read, late]);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}
