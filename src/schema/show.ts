const MAX_LENGTH = 80;

/**
 * Shows a value in an error, cut to one line. Reads no more of it than is shown.
 *
 * @param value Anything that JSON knows.
 * @returns Short text.
 */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = write(value, MAX_LENGTH, 0);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}

/** Writes JSON until there is more than enough of it. */
function write(value: unknown, room: number, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.length > room ? value.slice(0, room) + "…" : value);
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? `${value}n` : String(value);
  if (depth > MAX_LENGTH) return "…"; // each level shows a character at least
  const isList = Array.isArray(value);
  const parts: string[] = [];
  for (const key in value) {
    if (room <= 0) break;
    if (!Object.hasOwn(value, key)) continue;
    const own = write((value as Record<string, unknown>)[key], room, depth + 1);
    const part = isList ? own : `${JSON.stringify(key.slice(0, MAX_LENGTH))}:${own}`;
    parts.push(part);
    room -= part.length + 1;
  }
  return isList ? `[${parts.join(",")}]` : `{${parts.join(",")}}`;
}
