// @ts-types="./parse_range.d.ts"
export * from "npm:deno-std@1.4.0/semver/parse_range.js";
