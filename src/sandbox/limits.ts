import type { GuestSettings } from "./guest_protocol.ts";

/** What a plugin may use at most. Every limit has a default; none is dropped in silence (SPEC section 9). */
export interface PluginLimits {
  /** Memory in MiB: V8's heap, and, where the process can be started under `ulimit`, all of it. @default 512 */
  memoryMb?: number;
  /** Seconds of CPU time in the whole life of its process. @default Infinity */
  cpuSeconds?: number;
  /** The largest file it may write, in MiB. @default 1024 */
  fileMb?: number;
  /** Calls that wait for an answer, in each direction. @default 10000 */
  callsInFlight?: number;
  /** The largest message in either direction, in bytes. @default 16 MiB */
  messageBytes?: number;
  /** What it may log in a second, in bytes; what is above is dropped and counted. @default 1 MiB */
  logBytesPerSecond?: number;
  /** Files in its folder. @default 10000 */
  folderFiles?: number;
  /** Bytes in its folder, in MiB. @default 256 */
  folderMb?: number;
}

/** Limits of all plugins, and of some by kind and by `kind/name`; the narrower choice wins, field by field. */
export interface LimitsChoice extends PluginLimits {
  /** By kind. */
  kinds?: Readonly<Record<string, PluginLimits>>;
  /** By `kind/name`. */
  plugins?: Readonly<Record<string, PluginLimits>>;
}

const MIB = 1024 * 1024;
/** Beyond this the shell's own arithmetic ends. */
const MAX_LIMIT = 2 ** 32;

/** What a plugin may use when the host says nothing. */
export const DEFAULT_LIMITS: Readonly<Required<PluginLimits>> = {
  memoryMb: 512,
  cpuSeconds: Infinity,
  fileMb: 1024,
  callsInFlight: 10_000,
  messageBytes: 16 * MIB,
  logBytesPerSecond: MIB,
  folderFiles: 10_000,
  folderMb: 256,
};

/** The limits that only a process of its own can keep. */
export const PROCESS_LIMITS = ["memoryMb", "cpuSeconds", "fileMb"] as const;

/** The limits of one plugin, and which of them the host chose itself. */
export interface ChosenLimits extends Readonly<Required<PluginLimits>> {
  /** Fields that the host set. */
  readonly chosen: ReadonlySet<string>;
}

/** Finds the limits of one plugin. */
export function chooseLimits(choice: LimitsChoice = {}, kind: string, name: string): ChosenLimits {
  const { kinds = {}, plugins = {}, ...all } = choice;
  const own = (table: Readonly<Record<string, PluginLimits>>, key: string) =>
    Object.hasOwn(table, key) ? table[key] : undefined;
  const set = withoutUndefined({ ...all, ...own(kinds, kind), ...own(plugins, `${kind}/${name}`) });
  return { ...DEFAULT_LIMITS, ...set, chosen: new Set(Object.keys(set)) };
}

/** For each limit, the strictest of several. */
export function strictestLimits(all: readonly ChosenLimits[]): ChosenLimits {
  const strictest: Required<PluginLimits> = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof PluginLimits)[]) {
    strictest[name] = Math.min(...all.map((limits) => limits[name]));
  }
  return { ...strictest, chosen: new Set(all.flatMap(({ chosen }) => [...chosen])) };
}

/** The limits that both ends of a conversation keep. */
export function guestSettings({ messageBytes, callsInFlight }: ChosenLimits): GuestSettings {
  return { maxBytes: messageBytes, maxPending: callsInFlight };
}

/**
 * Refuses limits that mean nothing. A limit that cannot be read is an error, never no limit.
 *
 * @throws {RangeError} At the first one, by name.
 */
export function checkLimits(choice: LimitsChoice | undefined): void {
  if (choice === undefined) return;
  const { kinds = {}, plugins = {}, ...all } = choice;
  checkTable("limits", all);
  for (const [kind, limits] of Object.entries(kinds)) checkTable(`limits.kinds["${kind}"]`, limits);
  for (const [id, limits] of Object.entries(plugins)) {
    if (!/^[^/]+\/[^/]+$/.test(id)) {
      throw new RangeError(`Cannot make registry: limits.plugins names "${id}", expected "kind/name"`);
    }
    checkTable(`limits.plugins["${id}"]`, limits);
  }
}

function checkTable(path: string, limits: PluginLimits): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      const names = Object.keys(DEFAULT_LIMITS).join(", ");
      throw new RangeError(`Cannot make registry: ${path} names "${name}", expected one of ${names}`);
    }
    if (value === undefined) continue;
    const whole = name === "cpuSeconds"
      ? value === Infinity || Number.isSafeInteger(value)
      : Number.isSafeInteger(value);
    if (!whole || value < 1 || (value > MAX_LIMIT && value !== Infinity)) {
      throw new RangeError(
        `Cannot make registry: ${path}.${name} is ${typeof value === "number" ? value : JSON.stringify(value)}, ` +
          `expected a whole number from 1 to ${MAX_LIMIT}${name === "cpuSeconds" ? ", or Infinity" : ""}`,
      );
    }
  }
}

function withoutUndefined(limits: PluginLimits): PluginLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
