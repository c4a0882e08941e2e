/** What is said of a text. */
export interface Measures {
  /** As people count them: an emoji of several code points is one. */
  characters: number;
  words: number;
  lines: number;
}

/** Counts a text's characters, words and lines. */
export function measure(text: string, locale: string): Measures {
  const words = new Intl.Segmenter(locale, { granularity: "word" });
  return {
    characters: count(new Intl.Segmenter(locale, { granularity: "grapheme" }).segment(text)),
    words: count(words.segment(text), ({ isWordLike }) => isWordLike === true),
    lines: text === "" ? 0 : text.split(/\r\n|\r|\n/).length,
  };
}

function count(segments: Intl.Segments, counts: (segment: Intl.SegmentData) => boolean = () => true): number {
  let all = 0;
  for (const segment of segments) if (counts(segment)) all++;
  return all;
}
