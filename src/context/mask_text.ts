/** What stands for a secret. */
export const MASK = "***";

/** Of a secret in base64, what is shorter is too likely to be something else. */
const SHORTEST_BASE64 = 4;

/**
 * Masks secrets in text, each also as JSON, URLs and base64 write it.
 *
 * @param text Any text.
 * @param secrets As {@linkcode secretsOf} gives them.
 */
export function maskText(text: string, secrets: readonly string[]): string {
  return createMask(secrets)(text);
}

/**
 * As {@linkcode maskText}, for many texts: what the secrets look like is worked out once.
 *
 * @param secrets As {@linkcode secretsOf} gives them.
 */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.flatMap(formsOf))].filter((form) => form !== "")
    .map((form) => ({ form, borders: bordersOf(form) }));
  return (text) => {
    const spans = forms.flatMap(({ form, borders }) => spansOf(text, form, borders)).sort((a, b) => a.start - b.start);
    let masked = "";
    let at = 0;
    for (const { start, end } of spans) {
      if (end <= at) continue;
      if (start >= at) masked += text.slice(at, start) + MASK; // else it overlaps what is masked already
      at = end;
    }
    return masked + text.slice(at);
  };
}

function formsOf(secret: string): string[] {
  const text = secret.toWellFormed();
  const bytes = new TextEncoder().encode(text);
  const urls = [encodeURIComponent(text), encodeURI(text), new URLSearchParams([["", text]]).toString().slice(1)];
  const lower = urls.map((url) => url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  return [secret, JSON.stringify(secret).slice(1, -1), ...urls, ...lower, ...base64Forms(bytes)];
}

/** In base64 a text looks in three ways, by where in the whole it begins: `user:secret` holds the secret, too. */
function base64Forms(bytes: Uint8Array): string[] {
  const forms: string[] = [];
  for (const alphabet of ["base64", "base64url"] as const) {
    forms.push(bytes.toBase64({ alphabet }));
    for (const offset of [0, 1, 2]) {
      const shifted = new Uint8Array(offset + bytes.length);
      shifted.set(bytes, offset);
      // Only characters that are made of nothing but the secret's bits.
      const own = shifted.toBase64({ alphabet }).slice(Math.ceil(offset * 8 / 6), Math.floor(shifted.length * 8 / 6));
      if (own.length >= SHORTEST_BASE64) forms.push(own);
    }
  }
  return forms;
}

interface Span {
  start: number;
  end: number;
}

/** Per beginning of a form, how much of its own beginning it ends with (Knuth, Morris and Pratt). */
function bordersOf(form: string): Uint32Array {
  const borders = new Uint32Array(form.length);
  for (let at = 1, length = 0; at < form.length; at++) {
    while (length > 0 && form[at] !== form[length]) length = borders[length - 1]!;
    if (form[at] === form[length]) length++;
    borders[at] = length;
  }
  return borders;
}

/** Every occurrence, also those that overlap, in linear time. Most texts hold none, which `indexOf` sees fastest. */
function spansOf(text: string, form: string, borders: Uint32Array): Span[] {
  const spans: Span[] = [];
  const first = text.indexOf(form);
  if (first < 0) return spans;
  for (let at = first, length = 0; at < text.length; at++) {
    while (length > 0 && text[at] !== form[length]) length = borders[length - 1]!;
    if (text[at] === form[length]) length++;
    if (length < form.length) continue;
    const span = { start: at + 1 - form.length, end: at + 1 };
    const last = spans.at(-1);
    if (last !== undefined && span.start <= last.end) last.end = span.end;
    else spans.push(span);
    length = borders[length - 1]!;
  }
  return spans;
}
