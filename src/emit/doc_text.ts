/**
 * A hookspec's text without what a terminal or an editor would obey: line ends are one kind, and control characters,
 * those that turn the direction of text included, are gone.
 *
 * @param text As the hookspec has it.
 */
export function plainText(text: string): string {
  return text.replace(/\r\n?|[\u2028\u2029]/g, "\n").replace(CONTROL, "\ufffd").trim();
}

// deno-lint-ignore no-control-regex -- control characters are what this is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A hookspec's text as it can stand in a doc comment, and nowhere else than there: it neither ends the comment nor is
 * taken for a tag of it.
 *
 * @param text As the hookspec has it.
 */
export function docText(text: string): string {
  return plainText(text).replace(/\*(?=\/)/g, "*\\").replace(/^([ \t*]*)@/gm, "$1\\@");
}

/**
 * Writes a doc comment.
 *
 * @param paragraphs Each as {@linkcode docText} gives it; empty ones are left out.
 */
export function docComment(...paragraphs: string[]): string {
  const text = paragraphs.filter((paragraph) => paragraph !== "").join("\n\n");
  const lines = text.split("\n").map((line) => line.trimEnd());
  if (lines.length === 1) return `/** ${lines[0]} */\n`;
  return `/**\n${lines.map((line) => line === "" ? " *" : ` * ${line}`).join("\n")}\n */\n`;
}

/** What a schema says of itself in words. */
export function descriptionOf(schema: unknown): string {
  if (typeof schema !== "object" || schema === null) return "";
  const { title, description } = schema as { title?: unknown; description?: unknown };
  return [title, description].filter((text) => typeof text === "string").join("\n\n");
}
