export interface SemVer {
  major: number;
  minor: number;
  patch: number;
  prerelease?: (string | number)[];
  build?: string[];
}
export type Operator = undefined | "=" | "!=" | ">" | ">=" | "<" | "<=";
export interface Comparator extends SemVer {
  operator?: Operator;
}
export type Range = Comparator[][];
