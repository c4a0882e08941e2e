import type { JsonValue, PathStep } from "../json.ts";
import { nearestName } from "../near.ts";
import { type Finding, show } from "../schema/mod.ts";
import { checkHooks } from "./check_hook.ts";

/** A table of JSON. */
export type Table = { [key: string]: JsonValue };

/** Tells what is wrong at a place of the hookspec itself. */
export type Tell = (steps: PathStep[], expected: string, value: JsonValue | undefined, more?: Partial<Finding>) => void;

const KIND = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const NUMBER = "(0|[1-9]\\d{0,15})";
const IDENTIFIERS = "[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*";
const SEMVER = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-${IDENTIFIERS})?(\\+${IDENTIFIERS})?$`);
const KNOWN_FIELDS = ["kind", "kind_api_version", "description", "constraints", "hooks"];

/** Whether a value is a table. */
export function isTable(value: JsonValue | undefined): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Finds everything that is wrong with a hookspec but for what its schemas hold.
 *
 * @param value The whole file.
 * @returns What is wrong.
 */
export function checkHookspec(value: JsonValue): Finding[] {
  const findings: Finding[] = [];
  const tell: Tell = (steps, expected, found, more = {}) => {
    findings.push({ file: "", steps, at: "value", expected, found: show(found), ...more });
  };
  if (!isTable(value)) {
    tell([], "a table with kind, kind_api_version, description and hooks", value);
    return findings;
  }
  tellUnknownFields(value, [], KNOWN_FIELDS, tell);
  if (typeof value.kind !== "string" || !KIND.test(value.kind)) {
    tell(["kind"], "a kind: letters, digits, -, _ and .", value.kind);
  }
  checkVersion(value.kind_api_version, tell);
  checkText(value.description, ["description"], "what plugins of this kind are for", tell);
  checkHooks(value.hooks, tell);
  return findings;
}

function checkVersion(version: JsonValue | undefined, tell: Tell): void {
  if (typeof version === "string" && version.length <= 128 && SEMVER.test(version)) return;
  const parts = typeof version === "number" || typeof version === "string"
    ? /^\d+(\.\d+)?$/.exec(String(version))
    : null;
  const full = parts === null ? "1.0.0" : parts[1] === undefined ? `${version}.0.0` : `${version}.0`;
  const quoted = typeof version === "number" ? ", in quotes: without them it is a number" : "";
  tell(["kind_api_version"], `a full version as text such as "${full}"${quoted}`, version);
}

/** Finds fields that do not exist. */
export function tellUnknownFields(table: Table, steps: PathStep[], known: readonly string[], tell: Tell): void {
  for (const key of Object.keys(table)) {
    if (known.includes(key)) continue;
    const suggestion = nearestName(key, known);
    const more = suggestion === undefined ? {} : { suggestion };
    tell([...steps, key], "no field of that name", table[key], { at: "key", ...more });
  }
}

/** Finds a text that is missing or empty. */
export function checkText(value: JsonValue | undefined, steps: PathStep[], what: string, tell: Tell): void {
  if (typeof value !== "string" || value.trim() === "") tell(steps, `text: ${what}`, value);
}
