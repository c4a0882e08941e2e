import type { Attempt } from "./attempt.ts";

const DENIED = /NotCapable: Requires (read|write) access/;
const read = (path: string) => `return Deno.readTextFileSync(${path});`;

/** Ways to a file. */
export const pathAttempts: Attempt[] = [
  { id: "absolute", title: "an absolute path", code: read(`"{{folder}}/secret/secret.txt"`), says: DENIED },
  { id: "relative", title: "a path from the working folder", code: read(`"../../secret/secret.txt"`), says: DENIED },
  {
    id: "dots",
    title: "`..` behind the plugin's own folder",
    code: read(`"{{plugin}}/../../secret/secret.txt"`),
    says: DENIED,
  },
  {
    id: "many_dots",
    title: "`..` through a folder that is not there",
    code: read(`"{{plugin}}/none/../../../secret/secret.txt"`),
    says: DENIED,
  },
  { id: "doubled", title: "doubled slashes", code: read(`"/{{folder}}//secret//secret.txt"`), says: DENIED },
  {
    id: "encoded_dots",
    title: "`%2e%2e` in a URL",
    code: read(`new URL("file://{{plugin}}/%2e%2e/%2e%2e/secret/secret.txt")`),
    says: DENIED,
  },
  {
    id: "encoded_slash",
    title: "`..%2f` in a URL",
    code: read(`new URL("file://{{plugin}}/..%2f..%2fsecret/secret.txt")`),
    says: /NotCapable|TypeError|NotFound/,
  },
  {
    id: "localhost_url",
    title: "`file://localhost/`",
    code: read(`new URL("file://localhost{{folder}}/secret/secret.txt")`),
    says: DENIED,
  },
  {
    id: "null_byte",
    title: "a NUL byte in a path",
    code: read(`"{{plugin}}/plugin.ts\\0/../../../secret/secret.txt"`),
    says: /NotCapable|TypeError|InvalidData|InvalidInput/,
  },
  {
    id: "same_prefix",
    title: "a folder whose name begins like the plugin's",
    code: read(`"{{plugin}}2/plugin.ts"`),
    says: DENIED,
  },
  {
    id: "other_plugin",
    title: "another plugin's folder",
    code: read(`"{{folder}}/plugins/healthy/plugin.ts"`),
    says: DENIED,
  },
  {
    id: "list_parent",
    title: "a list of the folder above",
    code: `return [...Deno.readDirSync("..")].length;`,
    says: DENIED,
  },
  {
    id: "stat",
    title: "size and times of a file outside",
    code: `return Deno.statSync("{{folder}}/secret/secret.txt").size;`,
    says: DENIED,
  },
  {
    id: "real_path",
    title: "the real path of a file outside",
    code: `return Deno.realPathSync("{{folder}}/secret");`,
    says: DENIED,
  },
  {
    id: "watch",
    title: "a watcher on a folder outside",
    code: `return Deno.watchFs("{{folder}}/secret")[Symbol.asyncIterator] && "watching";`,
    says: DENIED,
  },
  {
    id: "symlink",
    title: "a symlink made by the plugin",
    code:
      `Deno.symlinkSync("{{folder}}/secret/secret.txt", "{{plugin}}/link"); return Deno.readTextFileSync("{{plugin}}/link");`,
    says: /NotCapable/,
  },
  {
    id: "hard_link",
    title: "a hard link made by the plugin",
    code:
      `Deno.linkSync("{{folder}}/secret/secret.txt", "{{plugin}}/link"); return Deno.readTextFileSync("{{plugin}}/link");`,
    says: /NotCapable/,
  },
  {
    id: "node_symlink",
    title: "a symlink made by `node:fs`",
    code:
      `fs.symlinkSync("{{folder}}/secret", "{{plugin}}/link"); return fs.readFileSync("{{plugin}}/link/secret.txt", "utf8");`,
    head: `import fs from "node:fs";`,
    says: /NotCapable/,
  },
  {
    id: "write_own",
    title: "a file written into its own folder",
    code: `Deno.writeTextFileSync("{{plugin}}/dagstack.toml", ""); return "written";`,
    says: DENIED,
  },
  {
    id: "write_canary",
    title: "a file outside overwritten",
    code: `Deno.writeTextFileSync("{{folder}}/canary/canary.txt", "changed"); return "written";`,
    says: DENIED,
  },
  {
    id: "append_canary",
    title: "a file outside opened to append",
    code: `Deno.openSync("{{folder}}/canary/canary.txt", { append: true }).close(); return "opened";`,
    says: DENIED,
  },
  {
    id: "remove",
    title: "a file outside removed",
    code: `Deno.removeSync("{{folder}}/canary/canary.txt"); return "removed";`,
    says: DENIED,
  },
  {
    id: "rename",
    title: "a file outside renamed into its folder",
    code: `Deno.renameSync("{{folder}}/secret/secret.txt", "{{plugin}}/x"); return "moved";`,
    says: DENIED,
  },
  {
    id: "copy",
    title: "a file outside copied into its folder",
    code: `Deno.copyFileSync("{{folder}}/secret/secret.txt", "{{plugin}}/x"); return "copied";`,
    says: DENIED,
  },
  {
    id: "temp_file",
    title: "a temporary file without the resource",
    code: `return Deno.makeTempFileSync();`,
    says: /NotCapable/,
  },
  { id: "environ", title: "/proc/self/environ", code: read(`"/proc/self/environ"`), says: /NotCapable/ },
  { id: "cmdline", title: "/proc/self/cmdline", code: read(`"/proc/self/cmdline"`), says: /NotCapable/ },
  {
    id: "proc_root",
    title: "/proc/self/root",
    code: read(`"/proc/self/root{{folder}}/secret/secret.txt"`),
    says: /NotCapable/,
  },
  {
    id: "proc_cwd",
    title: "/proc/self/cwd",
    code: read(`"/proc/self/cwd/../../secret/secret.txt"`),
    says: /NotCapable/,
  },
  { id: "proc_fd", title: "/proc/self/fd", code: read(`"/proc/self/fd/0"`), says: /NotCapable/ },
  {
    id: "proc_parent",
    title: "the host's /proc/…/environ",
    code: read(`"/proc/" + Deno.ppid + "/environ"`),
    says: /NotCapable/,
  },
  {
    id: "proc_mem",
    title: "its own memory through /proc/self/mem",
    code: `Deno.openSync("/proc/self/mem", { write: true }).close(); return "opened";`,
    says: /NotCapable/,
  },
  { id: "dev_fd", title: "/dev/fd", code: read(`"/dev/fd/0"`), says: /NotCapable/ },
  {
    id: "fetch_file",
    title: "`fetch` of a file",
    code: `return await (await fetch("file://{{folder}}/secret/secret.txt")).text();`,
    says: /NotCapable|TypeError/,
  },
  {
    id: "fetch_own",
    title: "`fetch` of a file, by `..` behind its own",
    code: `return await (await fetch("file://{{plugin}}/../../secret/secret.txt")).text();`,
    says: /NotCapable|TypeError/,
  },
  {
    id: "node_fs",
    title: "`node:fs`",
    code: `return fs.readFileSync("{{folder}}/secret/secret.txt", "utf8");`,
    head: `import fs from "node:fs";`,
    says: /NotCapable/,
  },
  {
    id: "node_promises",
    title: "`node:fs/promises`",
    code: `return await fsp.readFile("{{folder}}/secret/secret.txt", "utf8");`,
    head: `import fsp from "node:fs/promises";`,
    says: /NotCapable|EACCES|EPERM/,
  },
  {
    id: "open_blob",
    title: "`node:fs` openAsBlob",
    code: `return await (await fs.openAsBlob("{{folder}}/secret/secret.txt")).text();`,
    head: `import fs from "node:fs";`,
    says: /NotCapable|TypeError/,
  },
  {
    id: "env_file",
    title: "`process.loadEnvFile`",
    code: `process.loadEnvFile("{{folder}}/secret/secret.env"); return process.env.SECRET;`,
    head: `import process from "node:process";`,
    says: /NotCapable|Error/,
  },
];
