import type { Range } from "./types.d.ts";
export declare function parseRange(value: string): Range;
