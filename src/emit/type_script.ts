import type { Hookspec } from "../hookspec/mod.ts";
import { classText } from "./class_text.ts";
import { type Definition, Definitions } from "./definitions.ts";
import { docComment, docText } from "./doc_text.ts";
import { formatTypeScript } from "./format_type_script.ts";
import { headerComment } from "./header.ts";
import type { EmitOptions } from "./options.ts";
import { camelCase, pascalCase } from "./names.ts";
import { schemaTypes } from "./schema_types.ts";

/** Options of {@linkcode emitTypeScript}. */
export interface EmitTypeScriptOptions extends EmitOptions {
  /** What the package is imported as, where something of it is needed. @default "@dagstack/plugin-system" */
  packageName?: string;
}

/**
 * Writes a kind's types: the input and the output of each hook, the interface that plugins implement, and the table that
 * types a host's dispatches. A type never refuses what its schema accepts.
 *
 * @param hookspec The kind; as `loadHookspec` or `validateHookspec` gives it.
 * @param options What to write into the header.
 * @returns A module. The same for the same hookspec, byte by byte.
 */
export async function emitTypeScript(hookspec: Hookspec, options: EmitTypeScriptOptions = {}): Promise<string> {
  const { packageName = "@dagstack/plugin-system" } = options;
  const kind = pascalCase(hookspec.kind);
  const definitions = new Definitions(hookspec, [`${kind}Plugin`, `${kind}Kind`, `Mock${kind}Plugin`]);
  const hasChain = hookspec.hooks.some(({ dispatch }) => dispatch === "chain");
  const parts = [
    headerComment(hookspec, options, "typescript"),
    moduleComment(hookspec),
    ...hasChain ? [`import type { STOP_CHAIN } from ${JSON.stringify(packageName)};`] : [],
    ...await schemaTypes(definitions),
    pluginInterface(hookspec, definitions),
    kindInterface(hookspec, definitions),
  ];
  return await formatTypeScript(parts.join("\n\n"));
}

function moduleComment({ kind, kind_api_version, description }: Hookspec): string {
  const first = docText(`The types of kind "${kind}", version ${kind_api_version}.`);
  return docComment(first, docText(description), "@module");
}

function pluginInterface(hookspec: Hookspec, definitions: Definitions): string {
  const { kind, kind_api_version } = hookspec;
  const members = hookspec.hooks.map((hook) => {
    const { input, output } = definitions.of(hook.name);
    const answer = hook.dispatch === "chain" ? `${output.name} | typeof STOP_CHAIN` : output.name;
    const comment = docComment(docText(hook.description), classText(hook));
    const mark = hook.optional ? "?" : "";
    // NB: a property, not a method: parameters of methods are compared loosely.
    return `${comment}${camelCase(hook.name)}${mark}: (input: ${input.name}) => ${answer} | Promise<${answer}>;`;
  });
  const comment = docComment(docText(`What a plugin of kind "${kind}" implements, version ${kind_api_version}.`));
  return `${comment}export interface ${pascalCase(kind)}Plugin {\n${members.join("\n")}\n}`;
}

function kindInterface(hookspec: Hookspec, definitions: Definitions): string {
  const members = hookspec.hooks.map((hook) => {
    const { input, output }: { input: Definition; output: Definition } = definitions.of(hook.name);
    return `${docComment(docText(hook.description), classText(hook))}readonly ${hook.name}: {\n` +
      `/** Its dispatch class. */\nreadonly dispatch: ${JSON.stringify(hook.dispatch)};\n` +
      `/** What goes in. */\nreadonly input: ${input.name};\n` +
      `/** What one plugin answers. */\nreadonly output: ${output.name};\n};`;
  });
  const { kind } = hookspec;
  const name = pascalCase(kind);
  const text = `What a host can dispatch among plugins of kind "${kind}": the type parameter of its registry, as ` +
    `\`new PluginRegistry<{ ${propertyKey(kind)}: ${name}Kind }>()\`.`;
  return `${docComment(docText(text))}export interface ${name}Kind {\n${members.join("\n")}\n}`;
}

/** A name as a property's key: quoted where it has to be. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : JSON.stringify(name);
}
