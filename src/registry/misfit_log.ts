import type { Logger } from "../context/mod.ts";
import { escapeControl } from "../escape_control.ts";
import type { Misfit } from "./hook_contract.ts";

/** How long nothing more is said of a hook, in milliseconds. */
const QUIET_MS = 60_000;

/** Says what does not fit its hookspec: once a minute of each hook of each plugin, and how often it was besides. */
export class MisfitLog {
  readonly #log: () => Logger;
  readonly #now: () => number;
  readonly #hooks = new Map<string, { since: number; more: number }>();

  /** @param log Where. @param now Milliseconds that only grow. */
  constructor(log: () => Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** Says one, unless it has said one of the same hook just now. */
  readonly warn: Misfit = ({ message, plugin = "", hook, path }) => {
    const key = `${plugin} ${hook}`;
    const now = this.#now();
    const said = this.#hooks.get(key);
    if (said !== undefined && now - said.since < QUIET_MS) return void said.more++;
    const more = said === undefined || said.more === 0 ? "" : `; and ${said.more} more of this hook since`;
    this.#hooks.set(key, { since: now, more: 0 });
    this.#log().warn(escapeControl(message + more), { plugin, hook, path });
  };
}
