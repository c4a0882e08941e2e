import type { Logger } from "../context/mod.ts";
import { GrantRequired, KindUnknown, PermissionExceeded, PluginRegistryError, PluginUnavailable } from "../errors.ts";
import { escapeControl } from "../escape_control.ts";
import type { Manifest } from "../manifest/mod.ts";
import { nearestName } from "../near.ts";
import { hostHolds } from "../runtime/mod.ts";
import { grantsOf, type PluginGrant, type PluginGrants } from "./grants.ts";
import { absolutePath, askOf } from "./grants_ask.ts";
import { askedBeyond } from "./grants_compare.ts";
import { GrantsFile } from "./grants_file.ts";
import { chooseGrants, type ChosenGrants } from "./grants_options.ts";
import { validateGrants } from "./grants_parse.ts";
import { grantFor, manifestNow, type PendingGrant, pendingOf } from "./grants_pending.ts";
import { SealedFolder } from "./grants_seal.ts";
import type { PluginRegistryOptions } from "./options.ts";
import { provenanceOf } from "./provenance.ts";
import { describeStart, describeUntrusted } from "./provenance_audit.ts";
import { Publishers, TRUSTED_PUBLISHERS_VARIABLE } from "./provenance_publishers.ts";
import type { PluginRecord } from "./record.ts";

/** What admission needs of the registry. */
export interface AdmissionOptions {
  options: PluginRegistryOptions;
  manifests: () => readonly Manifest[];
  log: () => Logger;
  /** Whether what is logged goes straight to the console. */
  isConsole: () => boolean;
}

/** How to agree to plugins. */
export interface AgreeOptions {
  /** The grants file to write: a path, or a `file:` URL. @default that of the registry's `grants` option */
  file?: string | URL;
}

type Grants = ReadonlyMap<string, PluginGrant>;

/** Lets plugins start or not, by the host's grants, and judges where they come from. */
export class Admission {
  readonly #own: AdmissionOptions;
  readonly #chosen: ChosenGrants | undefined;
  #grants: Grants = new Map();
  #isMissing = false;
  #publishers = new Publishers();

  /** @throws {RangeError | GrantsInvalid} If the registry's `grants` option is none. */
  constructor(own: AdmissionOptions) {
    this.#own = own;
    if (own.options.grants !== undefined) this.#chosen = chooseGrants(own.options.grants);
  }

  /** Before plugins start. @throws {GrantsInvalid} If the grants file is none: then nothing may start. */
  begin(): void {
    const text = hostHolds("env", TRUSTED_PUBLISHERS_VARIABLE) ? Deno.env.get(TRUSTED_PUBLISHERS_VARIABLE) : undefined;
    this.#publishers = new Publishers(text);
    for (const entry of this.#publishers.unreadable) {
      const expected = 'expected a scope such as "@acme", "npm:@acme" or "jsr:@acme"';
      this.#own.log().warn(
        escapeControl(`Cannot trust publisher "${entry}" of ${TRUSTED_PUBLISHERS_VARIABLE}: ${expected}`),
      );
    }
    if (this.#chosen !== undefined) this.#read(this.#chosen);
  }

  /**
   * Looks at a plugin before anything of it is loaded.
   *
   * @throws {GrantRequired} If the host pins its plugins, and has not agreed to this one as it is.
   */
  async admit(record: PluginRecord): Promise<void> {
    for (const key of ["sealed", "grantedHash", "contentHash", "provenance"] as const) delete record[key];
    const { id, entry, module, registration: { origin } } = record;
    if (entry === undefined || module !== undefined) return;
    const { pluginDir } = entry;
    if (this.#chosen === undefined) {
      if (origin !== undefined && this.#publishers.any) record.sealed = await SealedFolder.of(pluginDir);
      return;
    }
    const grants = this.#read(this.#chosen);
    const sealed = await SealedFolder.of(pluginDir, () => mustBeCurrent(record));
    record.contentHash = sealed.contentHash;
    const ask = askOf(record.manifest, pluginDir, record.sandbox, this.#own.manifests());
    const agreed = grants.get(id);
    const pending = pendingOf(record, { contentHash: sealed.contentHash, ...ask }, agreed);
    if (pending !== undefined && !(pending.reason === "changed" && this.#chosen.onChange === "warn")) {
      throw new GrantRequired(id, pending.reason, pending.differences, this.#remedy(id, grants));
    }
    this.#refuseSelfGrant(id, ask, pluginDir);
    record.sealed = sealed;
    record.grantedHash = agreed!.contentHash;
  }

  /** Whether a plugin's permissions may be those of its group: what one may do, all of a group may. */
  mayJoin({ id, manifest, entry, sandbox }: PluginRecord): boolean {
    if (this.#chosen === undefined || entry === undefined) return true;
    const agreed = this.#grants.get(id);
    if (agreed === undefined) return false;
    const ask = askOf(manifest, entry.pluginDir, sandbox, this.#own.manifests());
    return askedBeyond(ask, agreed, entry.pluginDir).length === 0 && !this.#writesGrants(ask, entry.pluginDir);
  }

  /** A plugin's code is loaded, and its content known: says where it comes from. */
  loaded(record: PluginRecord): void {
    const { id, contentHash, grantedHash, module, registration: { origin } } = record;
    const publishers = this.#publishers;
    const isHostCode = module !== undefined;
    record.provenance = provenanceOf({ isHostCode, origin, contentHash, grantedHash, publishers });
    const { sandbox, provenance, manifest: { capabilities }, opened } = record;
    const permissions = opened?.permissions;
    const isAsked = this.#chosen !== undefined || publishers.any;
    const line = describeStart({ id, sandbox, permissions, capabilities, contentHash, provenance });
    // A host that has not asked for any of this is told on a level where it is not disturbed; and the console, which
    // shows every level, only says what somebody has asked for.
    if (isAsked || !this.#own.isConsole()) {
      this.#own.log()[isAsked ? "info" : "debug"](escapeControl(line), { plugin: id });
    }
    if (!isAsked || provenance.trusted) return;
    this.#own.log().warn(escapeControl(describeUntrusted(id, provenance, grantedHash !== undefined)), { plugin: id });
  }

  /** See `PluginRegistry.pendingGrants`. */
  async pending(records: readonly PluginRecord[]): Promise<PendingGrant[]> {
    const grants: Grants = this.#chosen === undefined ? new Map() : this.#read(this.#chosen);
    const pending = await Promise.all(
      records.filter(hasFolder).map(async (record) =>
        pendingOf(record, await this.#grantFor(record), grants.get(record.id))
      ),
    );
    return pending.filter((one) => one !== undefined).sort((a, b) => a.plugin < b.plugin ? -1 : 1);
  }

  /** See `PluginRegistry.agree`. */
  async agree(
    which: "all" | readonly (string | PendingGrant)[],
    records: readonly PluginRecord[],
    options: AgreeOptions,
  ): Promise<PluginGrants> {
    const file = this.#fileFor(options);
    const wanted = which === "all" ? records.filter(hasFolder).map(({ id }) => id) : which;
    const grants = new Map<string, PluginGrant>();
    for (const one of wanted) {
      const id = typeof one === "string" ? one : one.plugin;
      const record = mustHaveFolder(id, records);
      const grant = typeof one === "string" ? await this.#grantFor(record) : one.grant;
      const [checked] = validateGrants({ version: 1, plugins: { [id]: grant } }, "what is agreed to").values();
      this.#refuseSelfGrant(id, checked!, record.entry!.pluginDir, file);
      grants.set(id, checked!);
    }
    return grantsOf(await file.put(grants));
  }

  #grantFor(record: PluginRecord): Promise<PluginGrant> {
    return grantFor(record, this.#own.options.sandbox, this.#own.manifests());
  }

  #fileFor({ file }: AgreeOptions): GrantsFile {
    if (file !== undefined) return new GrantsFile(file);
    const from = this.#chosen?.from;
    if (from instanceof GrantsFile) return from;
    const why = from === undefined ? "the registry has no grants option" : "its grants were given as a value";
    throw new PluginRegistryError(`Cannot agree to plugins: ${why}; name a file with { file }`);
  }

  /** Read anew each time: what was taken out of the file holds no longer. */
  #read({ from }: ChosenGrants): Grants {
    if (!(from instanceof GrantsFile)) return this.#grants = from;
    const found = from.read();
    this.#isMissing = found === undefined;
    return this.#grants = found ?? new Map();
  }

  #remedy(id: string, grants: Grants): string {
    const from = this.#chosen?.from;
    const where = from instanceof GrantsFile ? ` "${from.path}"${this.#isMissing ? ", which is not there," : ""}` : "";
    const near = grants.has(id) ? undefined : nearestName(id, grants.keys());
    const hint = near === undefined ? "" : ` (they hold "${near}", which is another plugin)`;
    return `to agree, have registry.agree(["${id}"]) write it to the grants${where}${hint}`;
  }

  #writesGrants({ permissions }: Pick<PluginGrant, "permissions">, pluginDir: string, file = this.#chosen?.from) {
    return file instanceof GrantsFile
      ? permissions.write?.find((path) => file.liesBelow(absolutePath(pluginDir, path)))
      : undefined;
  }

  /** Whoever can write the grants can give itself any. */
  #refuseSelfGrant(
    id: string,
    ask: Pick<PluginGrant, "permissions">,
    pluginDir: string,
    file: ChosenGrants["from"] | undefined = this.#chosen?.from,
  ): void {
    const path = this.#writesGrants(ask, pluginDir, file);
    if (path === undefined) return;
    throw new PermissionExceeded(id, [{
      permission: "write",
      value: path,
      field: "resources.filesystem.write",
      refusedBy: "grants",
      remedy: "their own file lies there: move it to where no plugin may write",
    }]);
  }
}

/** The manifest that the host goes by must be the one that the hash is of. */
async function mustBeCurrent(record: PluginRecord): Promise<void> {
  if (JSON.stringify(await manifestNow(record)) === JSON.stringify(record.manifest)) return;
  throw new PluginUnavailable(record.id, "its manifest has changed since it was registered; reload it");
}

function hasFolder({ entry, module }: PluginRecord): boolean {
  return entry !== undefined && module === undefined;
}

function mustHaveFolder(id: string, records: readonly PluginRecord[]): PluginRecord {
  const record = records.find((one) => one.id === id);
  if (record === undefined) {
    const near = nearestName(id, records.map((one) => one.id));
    throw new KindUnknown(
      `Cannot agree to plugin "${id}": it is not registered${near === undefined ? "" : `; did you mean "${near}"?`}`,
      { plugin: id },
    );
  }
  if (hasFolder(record)) return record;
  throw new PluginRegistryError(`Cannot agree to plugin "${id}": it is the host's own code, which needs no grant`, {
    plugin: id,
  });
}
