export { dirname } from "@std/path/posix/dirname";
export { fromFileUrl } from "@std/path/posix/from-file-url";
export { globToRegExp } from "@std/path/posix/glob-to-regexp";
export { isAbsolute } from "@std/path/posix/is-absolute";
export { join } from "@std/path/posix/join";
export { relative } from "@std/path/posix/relative";
export { resolve } from "@std/path/posix/resolve";
export { toFileUrl } from "@std/path/posix/to-file-url";
