import { GrantsInvalid, type ManifestProblem } from "../errors.ts";
import { formatPath, type PathStep } from "../json.ts";
import { nearestName } from "../near.ts";
import type { Sandbox } from "../sandbox/mod.ts";
import { GRANT_LISTS, PERMISSION_LISTS, PLUGIN_ID, type PluginGrant } from "./grants.ts";
import { JsonPlaces } from "./grants_places.ts";

/** Far more than anybody agrees to. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
const SANDBOXES: readonly string[] = ["process", "worker", "none"];

/**
 * Reads a grants file.
 *
 * @param text Its content.
 * @param source What errors call it.
 * @returns Grants by `kind/name`; a `Map`, in which no name means anything of itself.
 * @throws {GrantsInvalid} With every problem and its place. What cannot be understood grants nothing, and says so.
 */
export function parseGrants(text: string, source: string): Map<string, PluginGrant> {
  const own = text.replace(/^\ufeff/, "");
  if (own.length > MAX_CHARACTERS) {
    throw new GrantsInvalid(source, [{ path: "", expected: `at most ${MAX_CHARACTERS} characters`, found: "more" }]);
  }
  let raw: unknown;
  try {
    raw = JSON.parse(own);
  } catch (cause) {
    const found = (cause as Error).message.split("\n")[0]!;
    const [, line, column] = /line (\d+) column (\d+)/.exec(found) ?? [];
    const place = line === undefined ? {} : { line: Number(line), column: Number(column) };
    throw new GrantsInvalid(source, [{ path: "", expected: "JSON", found: found.slice(0, 200), ...place }], { cause });
  }
  const places = new JsonPlaces(own);
  if (places.repeated.length > 0) {
    const problems = places.repeated.map(({ path, place }) => ({
      path,
      expected: "every key once",
      found: "the key again",
      ...place,
    }));
    throw new GrantsInvalid(source, problems);
  }
  return validateGrants(raw, source, places);
}

/**
 * Checks the value of grants.
 *
 * @param raw What a grants file holds.
 * @param source What errors call it.
 * @param places Where what stands, when there is a text.
 * @throws {GrantsInvalid} With every problem.
 */
export function validateGrants(raw: unknown, source: string, places?: JsonPlaces): Map<string, PluginGrant> {
  const check = new Check(places);
  const grants = new Map<string, PluginGrant>();
  const root = check.table(raw, [], ["version", "plugins"]);
  if (root !== undefined) {
    if (root.get("version") !== 1) check.wrong(["version"], "1", root.get("version"));
    const plugins = check.table(root.get("plugins"), ["plugins"]);
    for (const [id, grant] of plugins ?? []) {
      if (!PLUGIN_ID.test(id)) check.wrong(["plugins", id], 'a key of the form "kind/name"', id);
      else {
        const read = readGrant(grant, ["plugins", id], check);
        if (read !== undefined) grants.set(id, read);
      }
    }
  }
  if (check.problems.length > 0) throw new GrantsInvalid(source, check.problems);
  return grants;
}

function readGrant(raw: unknown, path: readonly PathStep[], check: Check): PluginGrant | undefined {
  const grant = check.table(raw, path, ["contentHash", "sandbox", "permissions", ...GRANT_LISTS]);
  if (grant === undefined) return undefined;
  const contentHash = grant.get("contentHash");
  if (typeof contentHash !== "string" || !/^[0-9a-f]{64}$/.test(contentHash)) {
    check.wrong([...path, "contentHash"], "64 hexadecimal digits in lower case", contentHash);
  }
  const sandbox = grant.get("sandbox");
  if (typeof sandbox !== "string" || !SANDBOXES.includes(sandbox)) {
    check.wrong([...path, "sandbox"], '"process", "worker" or "none"', sandbox);
  }
  const inside = [...path, "permissions"];
  const permissions = check.table(grant.get("permissions"), inside, [...PERMISSION_LISTS, "tmpdir"]);
  const tmpdir = permissions?.get("tmpdir");
  if (tmpdir !== undefined && typeof tmpdir !== "boolean") check.wrong([...inside, "tmpdir"], "true or false", tmpdir);
  return {
    contentHash: contentHash as string,
    sandbox: sandbox as Sandbox,
    permissions: {
      ...check.lists(permissions, inside, PERMISSION_LISTS),
      ...(tmpdir === true ? { tmpdir } : {}),
    },
    ...check.lists(grant, path, GRANT_LISTS),
  };
}

/** Gathers what is wrong. */
class Check {
  readonly problems: ManifestProblem[] = [];
  readonly #places: JsonPlaces | undefined;

  constructor(places: JsonPlaces | undefined) {
    this.#places = places;
  }

  wrong(path: readonly PathStep[], expected: string, value: unknown, suggestion?: string): void {
    const shown = value === undefined ? "nothing" : JSON.stringify(value) ?? typeof value;
    const found = shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
    const hint = suggestion === undefined ? {} : { suggestion };
    this.problems.push({ path: formatPath(path), expected, found, ...hint, ...this.#places?.find(path) });
  }

  /** The own keys of an object. */
  table(value: unknown, path: readonly PathStep[], known?: readonly string[]): Map<string, unknown> | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.wrong(path, "an object", value);
      return undefined;
    }
    const table = new Map(Object.entries(value));
    if (known === undefined) return table;
    for (const key of table.keys()) {
      if (known.includes(key)) continue;
      this.wrong([...path, key], `only ${known.join(", ")}`, key, nearestName(key, known));
    }
    return table;
  }

  lists<K extends string>(
    table: ReadonlyMap<string, unknown> | undefined,
    path: readonly PathStep[],
    keys: readonly K[],
  ): { [key in K]?: string[] } {
    const lists: { [key in K]?: string[] } = {};
    for (const key of keys) {
      const list = table?.get(key);
      if (list === undefined) continue;
      if (!Array.isArray(list)) this.wrong([...path, key], "a list of strings", list);
      else {
        for (const [i, item] of list.entries()) {
          if (typeof item !== "string" || item === "") {
            this.wrong([...path, key, i], "a string that says something", item);
          }
        }
        lists[key] = list as string[];
      }
    }
    return lists;
  }
}
