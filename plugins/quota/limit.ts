import type { WrappedCall } from "@dagstack/plugin-system";

/** One limit, as the configuration says it. */
export interface Limit {
  /** The kind whose hooks are counted, together; `*` for every kind. */
  readonly kind: string;
  /** Only this hook. @default all hooks */
  readonly hook?: string;
  /** Whose calls are counted together; `none`: everybody's. */
  readonly per: "tenant_id" | "actor" | "none";
  /** How many calls any window may hold. */
  readonly max: number;
  readonly window_sec: number;
}

/** Who calls, as metadata say it. */
export interface Caller {
  tenant_id?: string;
  actor?: string;
}

/** Longer names would let a caller fill the memory. */
const MAX_NAME = 512;

/** Whether a limit speaks of a call. A hook is the same in snake_case and in camelCase. */
export function fits({ kind, hook }: Limit, call: Pick<WrappedCall, "kind" | "hook">): boolean {
  if (kind !== "*" && kind !== call.kind) return false;
  return hook === undefined || camelForm(hook) === camelForm(call.hook);
}

/**
 * Whose calls a limit counts together with those of a caller.
 *
 * @param limit The limit.
 * @param caller Metadata of the call.
 * @returns Different for all that are different; who has no tenant is one of a kind.
 * @throws {RangeError} If the name is too long to be remembered.
 */
export function keyOf({ per }: Limit, caller: Readonly<Record<string, unknown>>): string {
  if (per === "none") return "";
  const name = caller[per];
  if (name === undefined || name === null) return "";
  const key = JSON.stringify(name); // never empty, and 7 is not "7"
  if (key.length > MAX_NAME) {
    throw new RangeError(`Cannot count call: its ${per} is longer than ${MAX_NAME} characters`);
  }
  return key;
}

function camelForm(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
