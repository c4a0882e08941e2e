import { MASK } from "./mask_text.ts";
import { isSecretField } from "./secret_field.ts";

export { createMask, maskText } from "./mask_text.ts";
export { isSecretField } from "./secret_field.ts";

/** Shorter values are masked where they stand, but not looked for in text: half of it would go. */
const SHORTEST_SOUGHT = 4;

/**
 * A copy of configuration that may be shown: secret texts and numbers, at any depth below a secret field, are `***`, and
 * so is the password in a URL. Empty texts, booleans and `null` are left, for they tell what is not set. What is no JSON
 * value is shown as the name of its class.
 *
 * @param config Any configuration.
 */
export function maskSecrets(config: Record<string, unknown>): Record<string, unknown> {
  return walk(config, () => {}) as Record<string, unknown>;
}

/**
 * The secrets in configuration, to be looked for in text.
 *
 * @param config Any configuration.
 * @returns Each once, of at least 4 characters, longest first.
 */
export function secretsOf(config: Record<string, unknown>): string[] {
  const found = new Set<string>();
  walk(config, (secret) => {
    if (secret.length >= SHORTEST_SOUGHT) found.add(secret);
  });
  return [...found].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

interface Task {
  from: object;
  to: Record<string, unknown> | unknown[];
  secret: boolean;
}

/** Copies with a list of its own: configuration may be deeper than a stack. What is met twice is copied once. */
function walk(root: unknown, found: (secret: string) => void): unknown {
  const copies = { true: new Map<object, object>(), false: new Map<object, object>() };
  const tasks: Task[] = [];
  const copy = (value: unknown, secret: boolean): unknown => {
    if (typeof value === "function") return "[Function]";
    if (typeof value !== "object" || value === null) return maskValue(value, secret, found);
    if (!isContainer(value)) return `[${Object.getPrototypeOf(value)?.constructor?.name ?? "Object"}]`;
    const known = copies[`${secret}`];
    const before = known.get(value);
    if (before !== undefined) return before;
    const to: Task["to"] = Array.isArray(value) ? [] : {};
    known.set(value, to);
    tasks.push({ from: value, to, secret });
    return to;
  };
  const result = copy(root, false);
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const { from, to, secret } = task;
    if (Array.isArray(to)) { for (const item of from as unknown[]) to.push(copy(item, secret)); }
    else {
      for (const [key, value] of Object.entries(from)) {
        // Defined, not assigned: a key may be `__proto__`.
        const own = { value: copy(value, secret || isSecretField(key)), enumerable: true, writable: true };
        Object.defineProperty(to, key, { ...own, configurable: true });
      }
    }
  }
  return result;
}

function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function maskValue(value: unknown, secret: boolean, found: (secret: string) => void): unknown {
  if (secret && value !== "" && ["string", "number", "bigint"].includes(typeof value)) {
    found(String(value));
    if (typeof value === "string") maskPassword(value, found); // which may be shown alone
    return MASK;
  }
  return typeof value === "string" ? maskPassword(value, found) : value;
}

/** The password in `scheme://user:password@host`. */
function maskPassword(value: string, found: (secret: string) => void): string {
  const match = /^([a-z][a-z0-9+.-]*:\/\/[^/?#:\s]*:)([^/?#\s]+)@/i.exec(value);
  if (match === null) return value;
  const [all, before, password] = match as unknown as [string, string, string];
  found(password);
  try {
    found(decodeURIComponent(password));
  } catch {
    // what is no percent-encoding is the password as it is
  }
  return `${before}${MASK}@${value.slice(all.length)}`;
}
