/** An entry point, taken apart (SPEC section 5). */
export interface EntryPoint {
  /** Files it may mean, relative to the plugin's folder, in order of preference. */
  candidates: readonly string[];
  /** The export's name; `default` when none is written. */
  exportName: string;
}

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs", ".tsx"];
/** What a compiled file's name stands for when only its source is there. */
const SOURCES: Readonly<Record<string, string>> = { ".js": ".ts", ".mjs": ".mts", ".jsx": ".tsx" };
const NAME = "[\\p{ID_Start}$_][\\p{ID_Continue}$\\u200c\\u200d]*";
const MODULE_AND_EXPORT = new RegExp(`^([^:#\\0\\\\]+):(${NAME})$`, "u");
const FILE_AND_EXPORT = new RegExp(`^\\./([^:#\\0\\\\]+\\.(?:m?[jt]s|[jt]sx))(?:#(${NAME}))?$`, "u");

/** Whether a text is an entry point; see {@linkcode parseEntryPoint}. */
export function isEntryPoint(text: string): boolean {
  return MODULE_AND_EXPORT.test(text) || FILE_AND_EXPORT.test(text);
}

/**
 * Reads an entry point: `module:Export`, `./file.ts#Export`, or `./file.ts` for the default export. Whether the file
 * exists and lies inside the folder is checked at registration.
 *
 * @param text As the manifest writes it.
 * @returns Its parts, or `undefined` when it is none.
 */
export function parseEntryPoint(text: string): EntryPoint | undefined {
  const file = FILE_AND_EXPORT.exec(text);
  if (file !== null) {
    const [, path, exportName = "default"] = file as unknown as [string, string, string?];
    const dot = path.lastIndexOf(".");
    const source = SOURCES[path.slice(dot)];
    return { candidates: source === undefined ? [path] : [path, path.slice(0, dot) + source], exportName };
  }
  const match = MODULE_AND_EXPORT.exec(text);
  if (match === null) return undefined;
  const [, module, exportName] = match as unknown as [string, string, string];
  return { candidates: EXTENSIONS.map((extension) => module + extension), exportName };
}
