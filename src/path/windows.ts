export { dirname } from "@std/path/windows/dirname";
export { fromFileUrl } from "@std/path/windows/from-file-url";
export { globToRegExp } from "@std/path/windows/glob-to-regexp";
export { isAbsolute } from "@std/path/windows/is-absolute";
export { join } from "@std/path/windows/join";
export { relative } from "@std/path/windows/relative";
export { resolve } from "@std/path/windows/resolve";
export { toFileUrl } from "@std/path/windows/to-file-url";
