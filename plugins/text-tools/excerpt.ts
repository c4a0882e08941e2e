/**
 * The beginning of a text, cut between words where there are any, and never inside a character.
 *
 * @param text The text.
 * @param max The most characters, those of the mark included.
 * @param mark What shows that something was cut.
 */
export function excerpt(text: string, max: number, mark: string): string {
  const split = (given: string) => [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(given)];
  const characters = split(text);
  if (characters.length <= max) return text;
  const room = max - split(mark).length;
  if (room <= 0) throw new RangeError(`a mark of ${split(mark).length} characters leaves no room in ${max}`);
  const kept = characters.slice(0, room).map(({ segment }) => segment).join("");
  const isWhole = /^\s/u.test(characters[room]!.segment);
  const lastSpace = kept.search(/\s+\S*$/u);
  return `${(isWhole || lastSpace <= 0 ? kept : kept.slice(0, lastSpace)).trimEnd()}${mark}`;
}
