/** The name by which plugins import the package. */
export const PACKAGE = "@dagstack/plugin-system";

/** Escapes only what a `data:` URL cannot hold: the text may travel on a command line, whose length has limits. */
export function dataUrl(type: string, text: string): string {
  return `data:${type},${text.trim().replace(/[%#\n\r\t]/g, encodeURIComponent)}`;
}
