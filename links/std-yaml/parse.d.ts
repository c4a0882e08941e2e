/** How a text is read. */
export interface ParseOptions {
  /** The set of types. */
  schema?: "core" | "default" | "failsafe" | "json" | "extended";
  /** Whether a key may stand twice. */
  allowDuplicateKeys?: boolean;
  /** Told of warnings. */
  onWarning?(error: Error): void;
}
/** Parses one YAML document; throws a `SyntaxError` that names line and column. */
export declare function parse(content: string, options?: ParseOptions): unknown;
