import type { ManifestProblem } from "../errors.ts";

/** A place in a text, both from 1. */
export interface Position {
  line: number;
  column: number;
}

/** Where a key and its value stand. */
interface Place {
  key: number;
  value: number;
}

/**
 * Finds places in a TOML or JSON text that a parser has accepted. Only asked when a manifest has problems: the parsers
 * say nothing of places.
 */
export class Locator {
  readonly #text: string;
  readonly #format: "toml" | "json";
  readonly #places = new Map<string, Place>();
  readonly #duplicates: { path: string; expected: string; found: string; offset: number }[] = [];
  /** Paths that have a value of their own: nothing may be added to them from outside. */
  readonly #values = new Set<string>();
  readonly #headers = new Set<string>();
  #at = 0;

  /** @param text The text; @param format What it is written in. */
  constructor(text: string, format: "toml" | "json") {
    this.#text = text;
    this.#format = format;
    try {
      if (format === "toml") this.#scanToml();
      else this.#scanValue([]);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // nested too deep: what was found until then must do
    }
  }

  /**
   * The place of a field.
   *
   * @param steps Keys and indexes from the root, as text.
   * @param of Its value; or its key, which is where an unknown field is wrong.
   * @returns The place; for what is not there, that of the nearest table around it.
   */
  find(steps: readonly string[], of: "key" | "value"): Position | undefined {
    for (let length = steps.length; length > 0; length--) {
      const place = this.#places.get(nameOf(steps.slice(0, length)));
      if (place !== undefined) {
        return this.#position(length === steps.length && of === "value" ? place.value : place.key);
      }
    }
    return undefined;
  }

  /** Keys that stand more than once, or that add to what has a value of its own, and where they do. */
  get duplicates(): ManifestProblem[] {
    return this.#duplicates.map(({ offset, ...problem }) => ({ ...problem, ...this.#position(offset) }));
  }

  #report(path: readonly string[], offset: number): void {
    // NB: @std/toml loses what stands below such a key.
    const lost = path.includes("__proto__");
    const expected = lost ? "no key of that name" : "every key once";
    const found = lost ? "a key that cannot be kept" : "the key again";
    this.#duplicates.push({ path: path.join("."), expected, found, offset });
  }

  #position(offset: number): Position {
    const before = this.#text.slice(0, offset);
    const line = before.split("\n").length;
    return { line, column: offset - before.lastIndexOf("\n") };
  }

  #put(path: readonly string[], key: number, value: number): void {
    const name = nameOf(path);
    if (!this.#places.has(name)) this.#places.set(name, { key, value });
  }

  #scanToml(): void {
    let table: string[] = [];
    const counts = new Map<string, number>();
    for (this.#skipBlank(); this.#at < this.#text.length; this.#skipBlank()) {
      const start = this.#at;
      if (this.#text[this.#at] === "[") {
        const isList = this.#text[this.#at + 1] === "[";
        this.#at += isList ? 2 : 1;
        table = this.#scanKey(table, true);
        if (isList) {
          const name = nameOf(table);
          const count = counts.get(name) ?? 0;
          counts.set(name, count + 1);
          this.#put(table, start, start);
          table = [...table, String(count)];
        }
        const steps = table.map((_, i) => nameOf(table.slice(0, i + 1)));
        if (
          this.#headers.has(nameOf(table)) || steps.some((name) => this.#values.has(name)) ||
          table.includes("__proto__")
        ) {
          this.#report(table, start);
        }
        this.#headers.add(nameOf(table));
        for (let length = 1; length <= table.length; length++) this.#put(table.slice(0, length), start, start);
        this.#skipTo("\n");
      } else {
        this.#scanPair(table);
        if (this.#at === start) this.#skipTo("\n"); // not as expected: go on with the next line
      }
    }
  }

  /** `key = value` or `"key": value`. */
  #scanPair(table: readonly string[]): void {
    const start = this.#at;
    const path = this.#scanKey(table, false);
    this.#skipBlank();
    if (this.#text[this.#at] !== "=" && this.#text[this.#at] !== ":") return;
    this.#at++;
    this.#skipBlank();
    for (let length = table.length + 1; length < path.length; length++) this.#put(path.slice(0, length), start, start);
    const prefixes = path.slice(table.length, -1).map((_, i) => nameOf(path.slice(0, table.length + i + 1)));
    const again = this.#places.has(nameOf(path)) || prefixes.some((name) => this.#values.has(name)) ||
      (this.#format === "toml" && path.includes("__proto__"));
    if (again) this.#report(path, start);
    this.#values.add(nameOf(path));
    this.#put(path, start, this.#at);
    this.#scanValue(path);
  }

  #scanKey(table: readonly string[], fromRoot: boolean): string[] {
    const path = fromRoot ? [] : [...table];
    for (;;) {
      this.#skipSpace();
      const first = this.#text[this.#at];
      if (first === '"' || first === "'") path.push(this.#scanText());
      else {
        const start = this.#at;
        while (/[\w-]/.test(this.#text[this.#at] ?? "")) this.#at++;
        path.push(this.#text.slice(start, this.#at));
      }
      this.#skipSpace();
      if (this.#text[this.#at] !== ".") return path;
      this.#at++;
    }
  }

  #scanValue(path: readonly string[]): void {
    this.#skipBlank();
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") this.#scanText();
    else if (first === "[" || first === "{") {
      const close = first === "[" ? "]" : "}";
      this.#at++;
      for (let index = 0;; index++) {
        this.#skipBlank();
        const next = this.#text[this.#at];
        if (next === undefined) return;
        if (next === close) {
          this.#at++;
          return;
        }
        const before = this.#at;
        if (close === "}") this.#scanPair(path);
        else {
          const item = [...path, String(index)];
          this.#put(item, this.#at, this.#at);
          this.#scanValue(item);
        }
        this.#skipBlank();
        if (this.#text[this.#at] === ",") this.#at++;
        else if (this.#at === before) this.#at++; // not as expected: never stand still
      }
    } else {
      const end = this.#format === "toml" ? /[,\]}#\n]|^$/ : /[,\]}#\s/]|^$/; // dates of TOML hold spaces
      while (!end.test(this.#text[this.#at] ?? "")) this.#at++;
    }
  }

  /** A text in any of the quotes; gives what stands in them, escapes undone. */
  #scanText(): string {
    const quote = this.#text[this.#at]!;
    const long = quote.repeat(3);
    const end = this.#text.startsWith(long, this.#at) ? long : quote;
    const start = this.#at += end.length;
    while (this.#at < this.#text.length && !this.#text.startsWith(end, this.#at)) {
      this.#at += quote === '"' && this.#text[this.#at] === "\\" ? 2 : 1;
    }
    const raw = this.#text.slice(start, this.#at);
    this.#at += end.length;
    while (end === long && this.#text[this.#at] === quote) this.#at++;
    if (quote === "'" || !raw.includes("\\")) return raw;
    try {
      return JSON.parse(`"${raw}"`);
    } catch {
      return raw; // an escape that only TOML knows
    }
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  /** White space, line ends, and the comments of TOML and JSONC. */
  #skipBlank(): void {
    for (;;) {
      while (/\s|\ufeff/.test(this.#text[this.#at] ?? "")) this.#at++;
      if (this.#text[this.#at] === "#" || this.#text.startsWith("//", this.#at)) this.#skipTo("\n");
      else if (this.#text.startsWith("/*", this.#at)) {
        this.#skipTo("*/");
        this.#at += 2;
      } else return;
    }
  }

  #skipTo(end: string): void {
    const found = this.#text.indexOf(end, this.#at);
    this.#at = found === -1 ? this.#text.length : found;
  }
}

function nameOf(path: readonly string[]): string {
  return JSON.stringify(path);
}
