/** Version ranges of the core, in both grammars that plugin authors write. Row 0. */
export { CORE_VERSION, getCoreVersion, parseCoreVersion, type RangeProblem } from "./core_version.ts";
