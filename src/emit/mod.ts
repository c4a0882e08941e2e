/** Types, documents and doubles that are written from a hookspec. Row 3. */
export { type CommandOutput, runEmitCommand } from "./command.ts";
export { EMIT_TARGETS, emitFiles, type EmitFilesOptions, type EmitTarget } from "./emit_files.ts";
export { emitMarkdown } from "./markdown.ts";
export { emitMock, type EmitMockOptions } from "./mock.ts";
export { emitOpenRpc } from "./open_rpc.ts";
export type { EmitOptions } from "./options.ts";
export { parseOpenRpc } from "./parse_open_rpc.ts";
export { emitTypeScript, type EmitTypeScriptOptions } from "./type_script.ts";
export { emitYaml } from "./yaml.ts";
