/**
 * Takes user name and password out of a URL, where they would be sent beside the host's own headers and shown with the
 * answer, and puts them into `Authorization`, unless something stands there.
 *
 * @param url The URL; it is changed.
 * @param headers The headers of its request; they are changed.
 */
export function moveUserInfo(url: URL, headers: Headers): void {
  const { username, password } = url;
  if (username === "" && password === "") return;
  url.username = "";
  url.password = "";
  if (headers.has("authorization")) return;
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
  headers.set("authorization", `Basic ${bytes.toBase64()}`);
}

/** A text as it was before it was written into a URL; where it is no such text, as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
