const encoder = new TextEncoder();

/**
 * The SHA-256 of a text's UTF-8.
 *
 * @param text Well-formed text, as JSON is.
 * @returns In hexadecimal.
 */
export async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text))).toHex();
}
