/** Parses a TOML 1.0 document; throws a `SyntaxError` that names line and column. */
export declare function parse(tomlString: string): Record<string, unknown>;
