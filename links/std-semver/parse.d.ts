import type { SemVer } from "./types.d.ts";
export declare function parse(value: string): SemVer;
