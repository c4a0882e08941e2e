export * from "./parse.d.ts";
export * from "./parse_range.d.ts";
export * from "./satisfies.d.ts";
export * from "./types.d.ts";
