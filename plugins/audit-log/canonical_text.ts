/** Deeper than this nothing crosses a boundary; what is, came from inside the host's isolate. */
const MAX_DEPTH = 256;

/** A value written so that equal values give equal text. */
export interface CanonicalText {
  text: string;
  /** How many parts were no JSON and no bytes, such as streams or live objects: of those only the class is written. */
  opaque: number;
}

/**
 * Writes a value as canonical JSON: keys in the order of their UTF-16 units, no spaces, numbers as JavaScript writes
 * them. What JSON has not is written as what no JSON text holds: `bytes"00ff"`, `undefined`, `opaque"Date"`.
 *
 * @param value Anything. Never throws over it.
 */
export function canonicalText(value: unknown): CanonicalText {
  const parts: string[] = [];
  try {
    return { opaque: write(value, parts, 0), text: parts.join("") };
  } catch {
    return { opaque: 1, text: 'opaque"unreadable"' }; // a getter or a Proxy threw
  }
}

/** @returns How many parts were opaque. */
function write(value: unknown, parts: string[], depth: number): number {
  if (value === null || typeof value === "string" || typeof value === "boolean") {
    parts.push(JSON.stringify(value));
    return 0;
  }
  if (value === undefined) return (parts.push("undefined"), 0);
  if (typeof value === "number" && Number.isFinite(value)) return (parts.push(JSON.stringify(value)), 0);
  if (typeof value !== "object" || depth > MAX_DEPTH) return writeOpaque(value, parts);
  if (value instanceof Uint8Array) return (parts.push(`bytes"${value.toHex()}"`), 0);
  if (Array.isArray(value)) return writeAll(value, parts, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return writeOpaque(value, parts);
  return writeObject(value as Record<string, unknown>, parts, depth);
}

function writeAll(items: readonly unknown[], parts: string[], depth: number): number {
  let opaque = 0;
  parts.push("[");
  for (let i = 0; i < items.length; i++) {
    if (i > 0) parts.push(",");
    opaque += write(items[i], parts, depth + 1);
  }
  parts.push("]");
  return opaque;
}

function writeObject(value: Record<string, unknown>, parts: string[], depth: number): number {
  let opaque = 0;
  let separator = "{";
  for (const key of Object.keys(value).sort()) {
    const property = value[key];
    if (property === undefined) continue; // it does not cross a boundary either
    parts.push(separator, JSON.stringify(key), ":");
    opaque += write(property, parts, depth + 1);
    separator = ",";
  }
  parts.push(separator === "{" ? "{}" : "}");
  return opaque;
}

function writeOpaque(value: unknown, parts: string[]): number {
  const name: unknown = typeof value === "object" ? value?.constructor?.name : typeof value;
  parts.push(`opaque${JSON.stringify(typeof name === "string" ? name : "object")}`);
  return 1;
}
