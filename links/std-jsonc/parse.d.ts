/** Parses JSON with comments and trailing commas; throws a `SyntaxError` that names the position. */
export declare function parse(text: string): unknown;
