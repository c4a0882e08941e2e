/**
 * Makes text of a plugin fit for terminals and logs: control characters become visible, and what follows a line end is
 * indented, so that no line of it can be taken for one of the host's.
 *
 * @param text Any text.
 */
export function escapeControl(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what this is about
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, escapeOne).replaceAll("\n", "\n    ");
}

function escapeOne(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
