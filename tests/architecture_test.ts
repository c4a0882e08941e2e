/** Rooms import rooms on lower rows only, and only through their door; the public names are decisions. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { relative } from "@std/path/relative";
import * as api from "@dagstack/plugin-system";
import { PROJECT } from "./support.ts";

/** From the bottom; README.md shows the same picture. Single files of `src/` are row 0. */
const ROWS: string[][] = [
  ["errors", "escape_control", "folder_hash", "json", "near", "path", "stop_chain", "version", "deadlines"],
  ["manifest", "schema"],
  ["hookspec", "resources"],
  ["context", "emit"],
  ["dispatch", "discovery", "packages", "rpc"],
  ["sandbox"],
  ["runtime"],
  ["registry"],
  ["contract", "lint", "testing"],
];

interface Import {
  file: string;
  room: string;
  target: string;
  targetRoom: string;
}

const src = new URL("src/", PROJECT);

function roomOf(path: string): string {
  return path.split("/")[0]!.replace(/\.ts$/, "");
}

function importsOf(file: string): Import[] {
  const source = Deno.readTextFileSync(new URL(file, src));
  const specifiers = [...source.matchAll(/(?:^|\n)(?:import|export)[^;]*?from "(\.[^"]+)"|import\("(\.[^"]+)"\)/g)];
  return specifiers.map((match) => {
    const target = relative(fromFileUrl(src), fromFileUrl(new URL((match[1] ?? match[2])!, new URL(file, src))));
    return { file, room: roomOf(file), target, targetRoom: roomOf(target) };
  });
}

function filesBelow(folder: URL, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) =>
    entry.isDirectory
      ? filesBelow(new URL(`${entry.name}/`, folder), `${prefix}${entry.name}/`)
      : entry.name.endsWith(".ts")
      ? [prefix + entry.name]
      : []
  ).sort();
}

const files = filesBelow(src);
const imports = files.flatMap(importsOf);
const rowOf = (room: string) => ROWS.findIndex((row) => row.includes(room));

Deno.test("every room has a row", () => {
  for (const room of new Set(files.map(roomOf))) assert(rowOf(room) >= 0, `${room} has no row`);
  assert(imports.length > 50, "the imports were not found");
});

Deno.test("a room imports rooms on lower rows only; single files may know each other", () => {
  const wrong = imports.filter(({ room, targetRoom }) =>
    room !== targetRoom && !(rowOf(room) > rowOf(targetRoom) || (rowOf(room) === 0 && rowOf(targetRoom) === 0))
  );
  assertEquals(wrong.map(({ file, target }) => `${file} imports ${target}`), []);
});

Deno.test("a room is entered by its door", () => {
  const wrong = imports.filter(({ room, target, targetRoom }) =>
    room !== targetRoom && target.includes("/") && target !== `${targetRoom}/mod.ts`
  );
  assertEquals(wrong.map(({ file, target }) => `${file} imports ${target}`), []);
});

Deno.test("the picture in README.md shows these rows", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", PROJECT));
  for (const [row, rooms] of ROWS.entries()) {
    const line = readme.split("\n").find((text) => text.startsWith(`${row} `));
    for (const room of rooms) assert(line?.includes(room), `row ${row} of README.md lacks ${room}`);
  }
});

Deno.test("the public values are these", () => {
  assertEquals(Object.keys(api).sort(), [
    "ALL_CHECKS",
    "AmbiguousPlugin",
    "BY_MESSAGE",
    "BroadcastCollectDispatcher",
    "BroadcastErrors",
    "BroadcastNotifyDispatcher",
    "CORE_VERSION",
    "CapabilityDispatcher",
    "ChainDispatcher",
    "CheckpointConflict",
    "ConfigInvalid",
    "ContractResult",
    "DEFAULT_IGNORE",
    "DependencyCycle",
    "DeterministicRng",
    "DiscoveryError",
    "DispatchMismatch",
    "FOR_PLUGIN",
    "FetchHttpClient",
    "FileBlobStore",
    "FileCheckpointStore",
    "FolderTempDir",
    "FrozenClock",
    "GrantRequired",
    "GrantsInvalid",
    "HookInputInvalid",
    "HookOutputInvalid",
    "HookTimeout",
    "HookUnknown",
    "HookspecInvalid",
    "HostHttpClient",
    "HttpError",
    "IN_SCOPE",
    "InMemoryBlobStore",
    "InMemoryCheckpointStore",
    "InProcessEventBus",
    "KindUnknown",
    "LogProgressSink",
    "ManifestInvalid",
    "MockProgressSink",
    "NoCapabilityMatch",
    "NoOpTenantContext",
    "ORCHESTRATOR_HOOKSPEC",
    "OffsetClock",
    "PackageError",
    "PermissionExceeded",
    "PluginContext",
    "PluginLoadError",
    "PluginRegistry",
    "PluginRegistryError",
    "PluginUnavailable",
    "ProtocolError",
    "RandomRng",
    "ResourceRegistry",
    "RuntimeNotSupported",
    "STOP_CHAIN",
    "SandboxUnavailable",
    "SerializationError",
    "SingletonDispatcher",
    "StoreError",
    "StubHttpClient",
    "SystemClock",
    "TOOL_HOOKSPEC",
    "TeardownErrors",
    "VersionIncompatible",
    "currentCall",
    "diffHookspecs",
    "discover",
    "getCoreVersion",
    "isAmbiguousPlugin",
    "isBroadcastErrors",
    "isConfigInvalid",
    "isDependencyCycle",
    "isDispatchMismatch",
    "isHookInputInvalid",
    "isHookOutputInvalid",
    "isHookspecInvalid",
    "isKindUnknown",
    "isManifestInvalid",
    "isNoCapabilityMatch",
    "isPluginLoadError",
    "isPluginRegistryError",
    "isPluginUnavailable",
    "isRuntimeNotSupported",
    "isTeardownErrors",
    "isVersionIncompatible",
    "loadHookspec",
    "loadManifest",
    "orderForChain",
    "parseManifest",
    "runContractSuite",
    "topoSort",
    "validateHookspec",
  ]);
});

Deno.test("the core's version is the package's", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT)));
  assertEquals(api.CORE_VERSION, version);
});
