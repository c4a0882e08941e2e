/** An entry point, taken apart (SPEC section 5). */
export interface EntryPoint {
  /** Files it may mean, relative to the plugin's folder, in order of preference. */
  candidates: readonly string[];
  /** The export's name. */
  exportName: string;
}

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs", ".tsx"];

/**
 * Reads an entry point. Whether the file exists and lies inside the folder is checked at registration.
 *
 * @param text `module:Export`.
 * @returns Its parts, or `undefined` when it is none.
 */
export function parseEntryPoint(text: string): EntryPoint | undefined {
  const match = /^([^:#\0\\]+):([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)$/u.exec(text);
  if (match === null) return undefined;
  const [, module, exportName] = match as unknown as [string, string, string];
  return { candidates: EXTENSIONS.map((extension) => module + extension), exportName };
}
