import type { Logger } from "../context/mod.ts";
import { PluginRegistryError } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import { hashFolder } from "../folder_hash.ts";
import { isPassedBy, WatchedFolder } from "./watched_folder.ts";

/** How plugins are loaded again when their files change. */
export interface WatchOptions {
  /** Milliseconds without a change before a plugin is loaded again, for an editor writes more than once. @default 100 */
  debounceMs?: number;
}

/** What {@linkcode PluginWatcher} works with. */
export interface PluginWatcherOptions extends WatchOptions {
  /** The plugins and their folders, absolute; a folder may be a symlink. Asked at the start and by `refresh()`. */
  folders: () => readonly { id: string; folder: string }[];
  /** Loads a plugin again. A rejection is logged; the next change tries again. */
  reload: (id: string) => Promise<void>;
  /** Where it is told. */
  log: Pick<Logger, "info" | "warn" | "error">;
}

/** How often it looks for what no event tells: a folder that is back, another one in its place, a link that was moved. */
const LOOK_EVERY_MS = 500;

/** A folder that never rests is looked at after so many times `debounceMs` all the same. */
const PATIENCE = 10;

/**
 * Loads plugins again when their files change: for development. Looks at what is in the files, so that a touched file,
 * or one written anew with what it held, changes nothing; passes by what editors and version control leave in a folder.
 * One reload a plugin at a time; changes during one make one more. Keeps no host alive.
 *
 * NB: in Deno 2.9.6 all watchers of a process share one of the system's, which keeps a path bound to the folder that lay
 * there first until every watcher of that path is closed (measured). So here is one watcher for all folders, opened anew
 * when one of them is another than before; a second `PluginWatcher` over the same folder can still keep it from noticing.
 */
export class PluginWatcher implements AsyncDisposable {
  readonly #own: PluginWatcherOptions;
  readonly #debounceMs: number;
  readonly #watched = new Map<string, WatchedFolder>();
  readonly #ended = new AbortController();
  readonly #work = new Set<Promise<void>>();
  readonly #look: ReturnType<typeof setInterval>;
  /** One for each watcher that is open yet: closing one takes it a moment. */
  readonly #listening = new Set<Promise<void>>();
  #watcher: FsWatcher | undefined;
  #reopening: Promise<void> | undefined;
  #trouble: string | undefined;

  /**
   * Begins to watch. What the files hold now is taken for what is loaded.
   *
   * @param own Which folders, and how to load a plugin again.
   * @throws {RangeError} If `debounceMs` is no time.
   * @throws {PluginRegistryError} If a folder may not be read.
   */
  constructor(own: PluginWatcherOptions) {
    const { debounceMs = 100 } = own;
    if (!(debounceMs >= 0 && debounceMs <= 60_000)) {
      throw new RangeError(`Cannot wait "${debounceMs}" ms for files to rest: it is from 0 to 60000`);
    }
    this.#own = own;
    this.#debounceMs = debounceMs;
    this.refresh();
    this.#look = setInterval(() => this.#lookAround(), LOOK_EVERY_MS);
    Deno.unrefTimer(this.#look);
  }

  /**
   * Asks for the folders again, when plugins have come or gone. Those that stay keep what is known of them.
   *
   * @throws {PluginRegistryError} If a folder may not be read; the others are watched as before.
   */
  refresh(): void {
    if (this.#ended.signal.aborted) return;
    const folders = new Map(this.#own.folders().map(({ id, folder }) => [id, folder]));
    const added: WatchedFolder[] = [];
    for (const [id, folder] of folders) {
      if (this.#watched.get(id)?.folder === folder) continue;
      const watched = new WatchedFolder(id, folder);
      try {
        watched.identify();
      } catch (cause) {
        throw cannotWatch(`plugin "${id}": "${folder}"`, cause as Error);
      }
      added.push(watched);
    }
    for (const watched of this.#watched.values()) {
      if (folders.get(watched.id) !== watched.folder) this.#drop(watched);
    }
    for (const watched of added) this.#watched.set(watched.id, watched);
    this.#open();
    for (const watched of added) this.#check(watched);
  }

  /** Stops. A reload that is under way goes on: it is not this one's to end. May be called twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    clearInterval(this.#look);
    for (const watched of this.#watched.values()) this.#drop(watched);
    this.#close();
    await Promise.all([...this.#work, ...this.#listening]);
  }

  #drop(watched: WatchedFolder): void {
    clearTimeout(watched.timer);
    this.#watched.delete(watched.id);
  }

  #close(): void {
    this.#watcher?.ref?.(); // else nothing may be left to wake who waits for its end
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Does work that must be over before this watcher is, and that never rejects. */
  #track(work: Promise<void>): void {
    this.#work.add(work);
    work.then(() => this.#work.delete(work));
  }

  /** Opens the one watcher anew. No event tells what happens in between, so all plugins are looked at. */
  #open(): void {
    const before = this.#watcher;
    this.#close();
    const folders = new Set<string>();
    for (const { real } of this.#watched.values()) if (real !== undefined) folders.add(real);
    if (folders.size === 0) return;
    let watcher: FsWatcher;
    try {
      watcher = Deno.watchFs([...folders], { recursive: true }) as FsWatcher;
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return; // one has just gone: the next look sees which
      throw cannotWatch(`"${[...folders].join('", "')}"`, cause as Error);
    }
    this.#watcher = watcher;
    const listening = this.#listen(watcher).then(() => void this.#listening.delete(listening));
    this.#listening.add(listening);
    if (before !== undefined) this.#planAll();
  }

  async #listen(watcher: FsWatcher): Promise<void> {
    try {
      while (true) {
        const next = watcher.next();
        watcher.unref?.();
        const { done, value } = await next;
        if (done === true) break;
        if (this.#watcher === watcher) this.#take(value);
      }
    } catch (error) {
      this.#own.log.warn(`Cannot watch plugins: ${(error as Error).message}; it is tried again`);
      watcher.close();
    }
    if (this.#watcher === watcher) this.#watcher = undefined;
  }

  #take({ kind, paths, flag }: Deno.FsEvent): void {
    if (kind === "access") return;
    const unknown = flag === "rescan" || paths.length === 0; // the system has dropped events
    const leaves = kind === "remove" || kind === "rename";
    for (const watched of this.#watched.values()) {
      if (leaves && paths.some((path) => path === watched.real)) watched.left();
      // NB: Deno hands a watcher events of the process's other watchers, too.
      if (!unknown && !paths.some((path) => watched.concerns(path))) continue;
      if (watched.hash === undefined) watched.changedEarly = true;
      this.#plan(watched);
    }
  }

  /** Sees what no event tells. */
  #lookAround(): void {
    const all = [...this.#watched.values()];
    const moved = all.filter((watched) => this.#moved(watched)).length > 0;
    const closed = this.#watcher === undefined && all.some(({ real }) => real !== undefined);
    if (moved || closed) this.#track(this.#reopen());
  }

  #moved(watched: WatchedFolder): boolean {
    const { real } = watched;
    try {
      return watched.identify();
    } catch {
      return real !== undefined; // it may not be seen any more: as one that is not there
    }
  }

  /** Opens the watcher anew when the last is closed indeed, without which it would look at the folders of before. */
  #reopen(): Promise<void> {
    return this.#reopening ??= this.#openAnew().finally(() => this.#reopening = undefined);
  }

  async #openAnew(): Promise<void> {
    do {
      this.#close();
      await Promise.all(this.#listening);
    } while (this.#watcher !== undefined); // a refresh() came in between
    if (this.#ended.signal.aborted) return;
    try {
      this.#open();
      this.#trouble = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#trouble) this.#own.log.error(escapeControl(message));
      this.#trouble = message; // it is tried again at every look, and told once
      return;
    }
    this.#planAll();
  }

  #planAll(): void {
    for (const watched of this.#watched.values()) this.#plan(watched);
  }

  /** Looks at a plugin when its files rest. */
  #plan(watched: WatchedFolder): void {
    const now = performance.now();
    watched.since ??= now;
    clearTimeout(watched.timer);
    const latest = watched.since + PATIENCE * this.#debounceMs;
    const waitMs = Math.max(0, Math.min(this.#debounceMs, latest - now));
    watched.timer = setTimeout(() => {
      watched.since = undefined;
      this.#check(watched);
    }, waitMs);
    Deno.unrefTimer(watched.timer);
  }

  /** Sees whether a plugin has changed, and has it loaded again. */
  #check(watched: WatchedFolder): void {
    if (watched.busy) {
      watched.again = true;
      return;
    }
    watched.busy = true;
    watched.again = false;
    this.#track((async () => {
      const changed = await this.#hasChanged(watched);
      if (changed) this.#reload(watched); // not waited for: a registry that ends may have it wait for its own end
      else this.#rest(watched);
    })());
  }

  async #hasChanged(watched: WatchedFolder): Promise<boolean> {
    const { signal } = this.#ended;
    if (this.#moved(watched)) await this.#reopen();
    if (watched.real === undefined) return false; // when it is back, a look sees it
    try {
      const hash = await hashFolder(watched.real, { skip: isPassedBy, signal });
      if (hash === watched.hash || this.#watched.get(watched.id) !== watched) return false;
      const first = watched.hash === undefined && !watched.changedEarly;
      watched.hash = hash;
      return !first;
    } catch (error) {
      const { message, cause } = error as Error;
      if (signal.aborted || cause instanceof Deno.errors.NotFound) return false; // it went while it was read
      this.#own.log.warn(escapeControl(`Cannot see whether plugin "${watched.id}" has changed: ${message}`));
      return false;
    }
  }

  async #reload(watched: WatchedFolder): Promise<void> {
    const { log, reload } = this.#own;
    const { id } = watched;
    try {
      log.info(`Plugin "${id}" has changed: it is loaded again`);
      await reload(id);
    } catch (error) {
      const why = error instanceof Error ? error.message : "what was thrown is no error";
      log.error(escapeControl(`Cannot reload plugin "${id}": ${why}; the next change of its files tries again`));
    }
    this.#rest(watched);
  }

  #rest(watched: WatchedFolder): void {
    watched.busy = false;
    if (watched.again && this.#watched.get(watched.id) === watched) this.#check(watched);
  }
}

/** NB: Deno's types lack both, which in 2.9.6 hold for the event that is waited for, and throw when none is. */
interface FsWatcher extends Deno.FsWatcher {
  next(): Promise<IteratorResult<Deno.FsEvent>>;
  ref?(): void;
  unref?(): void;
}

function cannotWatch(what: string, cause: Error): PluginRegistryError {
  return new PluginRegistryError(`Cannot watch ${what}: ${cause.message}`, { cause });
}
