import { KindUnknown, VersionIncompatible } from "../errors.ts";
import type { Manifest } from "../manifest/mod.ts";
import { nearNames } from "../near.ts";
import type { Hookspecs, RegisteredHookspec } from "./hookspecs.ts";

/** Kinds whose hookspec comes with the package, by the name that it is exported by. */
const BUILT_IN: Readonly<Record<string, string>> = {
  tool: "TOOL_HOOKSPEC",
  orchestrator: "ORCHESTRATOR_HOOKSPEC",
};

/** `1`, `1.2` or `1.2.3`, and what a SemVer may have behind that. */
const VERSION = /^(0|[1-9]\d{0,8})(?:\.(0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})(?:[-+][0-9A-Za-z.+-]+)?)?)?$/;

/**
 * Holds a manifest's `kind` and `kind_api_version` against the hookspecs of the registry (SPEC section 2).
 *
 * @param manifest The manifest.
 * @param source What errors call its file.
 * @param hookspecs What the host registered.
 * @returns The hookspec that the plugin goes by; `undefined` where the host registered none, and for middleware of a
 * kind of its own, which is called by no hook of it.
 * @throws {KindUnknown} If its kind is none of those.
 * @throws {VersionIncompatible} If no version of that kind will do.
 */
export function admitKind(manifest: Manifest, source: string, hookspecs: Hookspecs): RegisteredHookspec | undefined {
  const { kind, name, kind_api_version: asked, chain_wrap } = manifest;
  const versions = hookspecs.versions(kind);
  const id = `${kind}/${name}`;
  const what = `Cannot register plugin "${id}" of "${source}"`;
  if (versions.length === 0) {
    if (hookspecs.isEmpty || chain_wrap !== undefined) return undefined;
    throw new KindUnknown(`${what}: ${unknownKind(kind, hookspecs)}`, { plugin: id });
  }
  const refuse = (problem: string) =>
    new VersionIncompatible(id, asked, `${what}: kind_api_version is "${asked}", ${problem}`);
  const [matched, major, minor = "0"] = VERSION.exec(asked) ?? [];
  if (matched === undefined) throw refuse('expected a version such as "1" or "1.2"');
  const all = versions.map(({ hookspec }) => hookspec.kind_api_version).join(", ");
  const registered = hookspecs.get(kind, Number(major));
  if (registered === undefined) {
    throw refuse(
      `registered of kind "${kind}" ${versions.length === 1 ? "is" : "are"} ${all}; ` +
        `write the plugin for one of these, or register a hookspec of that version with addHookspec`,
    );
  }
  const { kind_api_version: version } = registered.hookspec;
  if (Number(minor) > Number(version.split(".")[1])) {
    throw refuse(`registered of kind "${kind}" is ${version}, which is older; register a newer one with addHookspec`);
  }
  return registered;
}

function unknownKind(kind: string, hookspecs: Hookspecs): string {
  const builtIn = Object.hasOwn(BUILT_IN, kind) ? BUILT_IN[kind] : undefined;
  if (builtIn !== undefined) {
    return `kind "${kind}" is built in and not registered; register it with addHookspec(${builtIn})`;
  }
  const kinds = hookspecs.kinds();
  const near = nearNames(kind, kinds).map((name) => `"${name}"`);
  const known = near.length > 0
    ? `did you mean ${near.join(" or ")}?`
    : `registered are ${kinds.map((name) => `"${name}"`).join(", ")}; register its hookspec with addHookspec`;
  return `kind "${kind}" has no hookspec; ${known}`;
}
