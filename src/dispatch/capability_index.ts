import {
  CAPABILITY_FIELDS,
  type CapabilityEntry,
  capabilityEntry,
  type CapabilityField,
  matchesAsked,
} from "./capability_entry.ts";
import type { Asked } from "./capability_input.ts";
import type { Stage } from "./stages.ts";

/** How many answers to questions of more than one part are kept, and how long such a question may be. */
const KEPT_ANSWERS = 1_024;
const MAX_QUESTION = 256;

const NOBODY: readonly CapabilityEntry[] = Object.freeze([]);

/**
 * Finds plugins by what they can do. Made once for a set of them; the time of a look-up does not depend on how many
 * there are.
 */
export class CapabilityIndex {
  /** All, by priority, then name. */
  readonly entries: readonly CapabilityEntry[];
  /** For each value of each field those that declare it, in the same order. */
  readonly #by: Readonly<Record<CapabilityField | "tag", Map<string, CapabilityEntry[]>>>;
  readonly #answers = new Map<string, readonly CapabilityEntry[]>();

  /** @param stages The candidates, by priority, then name. */
  constructor(stages: readonly Stage[]) {
    this.entries = stages.map(capabilityEntry);
    const by = this.#by = { language: new Map(), extension: new Map(), mime_type: new Map(), tag: new Map() };
    for (const entry of this.entries) {
      for (const field of CAPABILITY_FIELDS) {
        for (const value of entry.supports[field]) put(by[field], value, entry);
      }
      for (const tag of entry.tags) put(by.tag, tag, entry);
    }
  }

  /**
   * The plugins that match, by priority, then name.
   *
   * @param asked What the input says.
   */
  find(asked: Asked): readonly CapabilityEntry[] {
    const { language, extension, mime_type, capabilities } = asked;
    const fields = +(language !== undefined) + +(extension !== undefined) + +(mime_type !== undefined);
    const parts = fields + capabilities.length;
    if (parts === 0) return NOBODY;
    if (parts > 1) return this.#findByParts(asked);
    if (language !== undefined) return this.#by.language.get(language) ?? NOBODY;
    if (extension !== undefined) return this.#by.extension.get(extension) ?? NOBODY;
    if (mime_type !== undefined) return this.#by.mime_type.get(mime_type) ?? NOBODY;
    return this.#by.tag.get(capabilities[0]!) ?? NOBODY;
  }

  /** The values that any plugin declares. */
  known(what: CapabilityField | "tag"): string[] {
    return [...this.#by[what].keys()].sort();
  }

  #findByParts(asked: Asked): readonly CapabilityEntry[] {
    const { language = "", extension = "", mime_type = "", capabilities } = asked;
    const question = `${language}\0${extension}\0${mime_type}\0${capabilities.join("\0")}`;
    let answer = this.#answers.get(question);
    if (answer === undefined) {
      const some = capabilities.length > 0 ? this.#withRarestTag(capabilities) : this.#withAnyField(asked);
      answer = some.filter((entry) => matchesAsked(entry, asked));
      if (question.length <= MAX_QUESTION) {
        if (this.#answers.size >= KEPT_ANSWERS) this.#answers.clear();
        this.#answers.set(question, answer);
      }
    }
    return answer;
  }

  #withRarestTag(tags: readonly string[]): readonly CapabilityEntry[] {
    const lists = tags.map((tag) => this.#by.tag.get(tag) ?? NOBODY);
    return lists.reduce((rarest, list) => list.length < rarest.length ? list : rarest);
  }

  #withAnyField(asked: Asked): readonly CapabilityEntry[] {
    const lists = CAPABILITY_FIELDS.map((field) => this.#by[field].get(asked[field] ?? "") ?? NOBODY)
      .filter((list) => list.length > 0);
    if (lists.length < 2) return lists[0] ?? NOBODY;
    return [...new Set(lists.flat())].sort((a, b) => a.rank - b.rank);
  }
}

function put(map: Map<string, CapabilityEntry[]>, value: string, entry: CapabilityEntry): void {
  const list = map.get(value);
  if (list === undefined) map.set(value, [entry]);
  else list.push(entry);
}
