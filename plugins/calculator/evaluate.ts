/** What may be called by name, with the number of its arguments; `Infinity` is one or more. */
const FUNCTIONS: Readonly<Record<string, readonly [count: number, run: (...args: number[]) => number]>> = {
  abs: [1, Math.abs],
  ceil: [1, Math.ceil],
  exp: [1, Math.exp],
  floor: [1, Math.floor],
  ln: [1, Math.log],
  log10: [1, Math.log10],
  max: [Infinity, Math.max],
  min: [Infinity, Math.min],
  round: [1, Math.round],
  sqrt: [1, Math.sqrt],
};
const CONSTANTS: Readonly<Record<string, number>> = { e: Math.E, pi: Math.PI };
const MAX_DEPTH = 100;

/**
 * Works out an arithmetic expression: `+ - * / % ^`, brackets, functions and the constants `pi` and `e`. Powers are taken
 * from the right, and before a minus sign: `-2^2` is -4.
 *
 * @param expression For example `2 * (3 + 4)`.
 * @returns A finite number.
 * @throws {SyntaxError} If it is no expression; says where.
 * @throws {RangeError} If it has no finite value.
 */
export function evaluate(expression: string): number {
  const value = new Reader(expression).read();
  if (!Number.isFinite(value)) throw new RangeError(`"${expression}" has no finite value`);
  return value;
}

/** Reads from left to right, one method for each level of precedence. */
class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): number {
    const value = this.#sum();
    if (this.#peek() !== "") throw this.#unexpected("an operator or the end");
    return value;
  }

  #sum(): number {
    let value = this.#product();
    for (let operator = this.#take("+", "-"); operator !== ""; operator = this.#take("+", "-")) {
      const right = this.#product();
      value = operator === "+" ? value + right : value - right;
    }
    return value;
  }

  #product(): number {
    let value = this.#signed();
    for (let operator = this.#take("*", "/", "%"); operator !== ""; operator = this.#take("*", "/", "%")) {
      const right = this.#signed();
      value = operator === "*" ? value * right : operator === "/" ? value / right : value % right;
    }
    return value;
  }

  #signed(): number {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError(`expression is nested more than ${MAX_DEPTH} deep`);
    const sign = this.#take("-", "+");
    const value = sign === "-" ? -this.#signed() : sign === "+" ? this.#signed() : this.#power();
    this.#depth--;
    return value;
  }

  #power(): number {
    const base = this.#atom();
    return this.#take("^") === "" ? base : base ** this.#signed();
  }

  #atom(): number {
    if (this.#take("(") !== "") {
      const value = this.#sum();
      this.#expect(")");
      return value;
    }
    const [word] = this.#match(/(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z][A-Za-z0-9]*/y);
    if (word === undefined) throw this.#unexpected("a number, a name or (");
    if (/^[.\d]/.test(word)) return Number(word);
    const constant = Object.hasOwn(CONSTANTS, word) ? CONSTANTS[word] : undefined;
    return constant ?? this.#call(word);
  }

  #call(name: string): number {
    const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (found === undefined) {
      const names = [...Object.keys(CONSTANTS), ...Object.keys(FUNCTIONS)].sort().join(", ");
      throw new SyntaxError(`"${name}" is unknown; known are ${names}`);
    }
    const [count, run] = found;
    this.#expect("(");
    const args = [this.#sum()];
    while (this.#take(",") !== "") args.push(this.#sum());
    this.#expect(")");
    if (count !== Infinity && args.length !== count) {
      throw new SyntaxError(`"${name}" takes ${count} value, found ${args.length}`);
    }
    return run(...args);
  }

  #peek(): string {
    this.#match(/\s+/y);
    return this.#text.charAt(this.#at);
  }

  #take(...operators: readonly string[]): string {
    const next = this.#peek();
    if (next === "" || !operators.includes(next)) return "";
    this.#at++;
    return next;
  }

  #expect(mark: string): void {
    if (this.#take(mark) === "") throw this.#unexpected(mark);
  }

  #match(pattern: RegExp): readonly (string | undefined)[] {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return [];
    this.#at = pattern.lastIndex;
    return found;
  }

  #unexpected(expected: string): SyntaxError {
    const next = this.#peek();
    return new SyntaxError(
      `at place ${this.#at + 1}: expected ${expected}, found ${next === "" ? "the end" : `"${next}"`}`,
    );
  }
}
