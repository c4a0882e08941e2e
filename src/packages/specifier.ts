/** Where a package comes from. */
export type PackageSpecifier =
  | { from: "npm" | "jsr"; name: string; range: string }
  | { from: "path"; path: string };

const NAME = "(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*";
const NPM_OR_JSR = new RegExp(`^(npm|jsr):/?(${NAME})(?:@([^/\\s]+))?$`);

/**
 * Reads a package specifier: `npm:name@range`, `jsr:@scope/name@range`, or a path of this system.
 *
 * @param text The specifier.
 * @returns Its parts, or `undefined` when it begins like a package and is none.
 */
export function tryParsePackageSpecifier(text: string): PackageSpecifier | undefined {
  const match = NPM_OR_JSR.exec(text);
  if (match === null) {
    return /^(npm|jsr|https?|node|data|blob):/.test(text) || text === "" ? undefined : { from: "path", path: text };
  }
  const [, from, name, range = "*"] = match as unknown as [string, "npm" | "jsr", string, string?];
  if (from === "jsr" && !name.startsWith("@")) return undefined;
  return { from, name, range };
}
