/** What an input says of what its plugin must be able to do. Normalised, so that it can be compared. */
export interface Asked {
  readonly language?: string;
  readonly extension?: string;
  readonly mime_type?: string;
  /** Tags that the plugin must have, all of them. */
  readonly capabilities: readonly string[];
}

const NONE: readonly string[] = Object.freeze([]);
const NOTHING: Asked = Object.freeze({ capabilities: NONE });

/**
 * Reads `language`, `extension`, `mime_type` (or `mimeType`) and `capabilities` (a list of tags, or
 * `{ required: [...] }`) of an input. A field of another type says nothing: whether the input is right is for the hook's schema.
 *
 * @param input Anything.
 */
export function readAsked(input: unknown): Asked {
  if (typeof input !== "object" || input === null) return NOTHING;
  const { language, extension, mime_type, mimeType, capabilities } = input as Record<string, unknown>;
  return {
    language: normalised(language, normaliseText),
    extension: normalised(extension, normaliseExtension),
    mime_type: normalised(mime_type ?? mimeType, normaliseMimeType),
    capabilities: capabilities === undefined ? NONE : requiredTags(capabilities),
  };
}

function normalised(value: unknown, normalise: (text: string) => string): string | undefined {
  return typeof value === "string" ? normalise(value) || undefined : undefined;
}

function requiredTags(capabilities: unknown): readonly string[] {
  const list = Array.isArray(capabilities) ? capabilities : (capabilities as { required?: unknown } | null)?.required;
  if (!Array.isArray(list)) return NONE;
  return [...new Set(list.map((tag) => normaliseText(String(tag))))].sort();
}

/** Values are compared in lower case. */
export function normaliseText(text: string): string {
  return text.toLowerCase();
}

/** `PY`, `.py` and `..py` are `.py`; nothing but dots is no extension. */
export function normaliseExtension(text: string): string {
  const bare = normaliseText(text).replace(/^\.+/, "");
  return bare === "" ? "" : `.${bare}`;
}

/** `Text/HTML; charset=utf-8` is `text/html`. */
export function normaliseMimeType(text: string): string {
  const end = text.indexOf(";");
  return normaliseText(end < 0 ? text : text.slice(0, end)).trim();
}
