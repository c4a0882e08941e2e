/** One way in which a plugin tries to get more than its scope. */
export interface Attempt {
  id: string;
  title: string;
  /** Body of an async function. What it returns it has gained; what is refused throws; nothing gained is `undefined`. */
  code: string;
  /** What stands at the head of the plugin's module. The plugin's own logger is `logger` everywhere. */
  head?: string;
  /** What the plugin, or whoever called it, is told. */
  says?: RegExp;
  /** Whether it disturbs its process, and needs one of its own. */
  alone?: boolean;
  /** What comes of it in a worker, where that differs from a process. */
  worker?: WorkerOutcome;
}

/** What comes of an attempt in a worker. */
export interface WorkerOutcome {
  /** Whether it succeeds. */
  escapes?: boolean;
  /** What the host sees of it, in the words of the host program. */
  harms?: readonly string[];
  /** What it is told there. */
  says?: RegExp;
  /** Why it is not run there. */
  notRun?: string;
}
