/** The camelCase form of a snake_case name: `list_tools` is `listTools`. Underscores at its ends stay. */
export function camelForm(name: string): string {
  return name.replace(/(?<=[A-Za-z0-9])_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
