import type { ManifestProblem } from "../errors.ts";
import { formatPath, type PathStep } from "../json.ts";

/** A place in a text, both from 1. */
type Place = Pick<ManifestProblem, "line" | "column">;

/** Where what stands in a JSON text, and which keys stand in it twice: `JSON.parse` says neither. */
export class JsonPlaces {
  readonly #text: string;
  readonly #offsets = new Map<string, number>();
  /** Keys that stand again in the same object. Of those a reader sees the first, and a parser the last. */
  readonly repeated: { path: string; place: Place }[] = [];

  /** @param text A text that `JSON.parse` has accepted. */
  constructor(text: string) {
    this.#text = text;
    this.#scan();
  }

  /** The place of a path, or of the nearest one around it. */
  find(path: readonly PathStep[]): Place {
    for (let length = path.length; length > 0; length--) {
      const offset = this.#offsets.get(formatPath(path.slice(0, length)));
      if (offset !== undefined) return this.#place(offset);
    }
    return this.#place(0);
  }

  #place(offset: number): Place {
    const before = this.#text.slice(0, offset);
    return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
  }

  #afterBlank(offset: number): number {
    return offset + /^\s*/.exec(this.#text.slice(offset))![0].length;
  }

  #scan(): void {
    /** The keys and indexes that lead to where it is; a key is `undefined` until it is read. */
    const steps: (PathStep | undefined)[] = [];
    const note = (offset: number) => {
      const path = formatPath(steps as PathStep[]);
      if (this.#offsets.has(path)) this.repeated.push({ path, place: this.#place(offset) });
      else this.#offsets.set(path, offset);
    };
    // What is neither a string nor one of these says nothing of where it is.
    for (const { 0: token, index } of this.#text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
      const last = steps.at(-1);
      if (token === "{") steps.push(undefined);
      else if (token === "[") {
        steps.push(0);
        note(this.#afterBlank(index + 1));
      } else if (token === "}" || token === "]") {
        steps.pop();
      } else if (token === ",") {
        steps[steps.length - 1] = typeof last === "number" ? last + 1 : undefined;
        if (typeof last === "number") note(this.#afterBlank(index + 1));
      } else if (steps.length > 0 && last === undefined) {
        steps[steps.length - 1] = JSON.parse(token) as string;
        note(index);
      }
    }
  }
}
