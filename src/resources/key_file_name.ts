/**
 * Names of files for keys. One name is of one key only, also where a file system takes `A` for `a`, or `é` for `e` and
 * an accent: it holds nothing but lower-case ASCII letters, digits and `-_.%`, and never starts with a dot. Short keys
 * can be read from it; of long ones it holds the hash, and the key stands in the file.
 *
 * @module
 */

/** With prefix and ending, a name stays below the 143 bytes that encrypted home folders can hold. */
const MAX_ENCODED = 120;

/**
 * The name of a key's file.
 *
 * @param key A key that was checked.
 * @param ending What the name ends with, for example `.blob`.
 */
export async function fileNameOfKey(key: string, ending: string): Promise<string> {
  const encoded = encode(key);
  if (encoded.length <= MAX_ENCODED) return `k-${encoded}${ending}`;
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return `h-${new Uint8Array(hash).toHex()}${ending}`;
}

/** What a file's name says of its key. */
export type NamedKey =
  /** The name holds the key. */
  | { key: string }
  /** The name holds a hash; the key stands in the file. */
  | { hashed: true }
  /** No name of {@linkcode fileNameOfKey}. */
  | undefined;

/**
 * Reads a key from the name of its file.
 *
 * @param name The name.
 * @param ending As for {@linkcode fileNameOfKey}.
 */
export function keyOfFileName(name: string, ending: string): NamedKey {
  if (!name.endsWith(ending)) return undefined;
  const stem = name.slice(0, name.length - ending.length);
  if (/^h-[0-9a-f]{64}$/.test(stem)) return { hashed: true };
  if (!/^k-(?:[a-z0-9._-]|%[0-9a-f]{2})+$/.test(stem)) return undefined;
  try {
    const key = decodeURIComponent(stem.slice(2));
    return encode(key) === stem.slice(2) ? { key } : undefined; // one key has one name
  } catch {
    return undefined; // the bytes are no UTF-8, so no key of ours
  }
}

function encode(key: string): string {
  let encoded = "";
  for (const byte of new TextEncoder().encode(key)) {
    const character = String.fromCharCode(byte);
    encoded += /[a-z0-9._-]/.test(character) ? character : `%${byte.toString(16).padStart(2, "0")}`;
  }
  return encoded;
}
