/** One change between two schemas, or around them. */
export interface Change {
  /** Whether it breaks somebody, only adds, or says the same in other words. */
  readonly kind: "breaking" | "compatible" | "cosmetic";
  /** Where: `input_schema.properties.x`. */
  readonly path: string;
  /** What changed, and whom it concerns. */
  readonly message: string;
}

/** Takes down changes. */
export class Changes {
  readonly found: Change[] = [];

  add(kind: Change["kind"], path: string, message: string): void {
    this.found.push({ kind, path, message });
  }
}

/** Whom changes of a schema break, in words. */
export interface Side {
  /** Breaks where a schema accepts more than before. */
  readonly wider: string;
  /** Breaks where a schema accepts less than before. */
  readonly narrower: string;
}

/** Where changes are taken down, and whom they break. */
export interface Told {
  readonly changes: Changes;
  readonly side: Side;
}

/** Whom a change breaks that goes both ways. */
export function both({ narrower, wider }: Side): string {
  return `${narrower}; ${wider}`;
}

/** A path and a step below it. */
export function joined(path: string, step: string | number): string {
  return typeof step === "string" && /^[A-Za-z_$][\w$-]*$/.test(step)
    ? `${path}.${step}`
    : `${path}[${JSON.stringify(step)}]`;
}
