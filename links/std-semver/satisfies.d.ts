import type { Range, SemVer } from "./types.d.ts";
export declare function satisfies(version: SemVer, range: Range): boolean;
