import type { PluginContext } from "@dagstack/plugin-system";

/** A piece of a text. */
export interface Chunk {
  text: string;
  /** Where the piece begins, in UTF-16 units. */
  offset: number;
}

/** Splits text into pieces of equal length; the last may be shorter. */
export class FixedChunker {
  #clock?: PluginContext["resources"]["clock"];

  // deno-lint-ignore require-await -- the guide's `setup` is async
  async setup(context: PluginContext): Promise<void> {
    this.#clock = context.resources.clock;
  }

  /**
   * Splits a text.
   *
   * @param maxSize Length of a piece in UTF-16 units.
   * @throws {RangeError} If `maxSize` is not positive.
   */
  chunk(text: string, maxSize = 512): Chunk[] {
    if (!(maxSize > 0)) throw new RangeError("maxSize must be positive");
    const chunks: Chunk[] = [];
    for (let offset = 0; offset < text.length; offset += maxSize) {
      chunks.push({ text: text.slice(offset, offset + maxSize), offset });
    }
    return chunks;
  }

  // deno-lint-ignore require-await -- the guide's `teardown` is async
  async teardown(): Promise<void> {
    this.#clock = undefined;
  }
}
