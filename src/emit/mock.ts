import type { Hookspec } from "../hookspec/mod.ts";
import { compileSchema, type JsonSchema, sampleValues } from "../schema/mod.ts";
import type { JsonValue } from "../json.ts";
import { Definitions } from "./definitions.ts";
import { docComment, docText } from "./doc_text.ts";
import { formatTypeScript } from "./format_type_script.ts";
import { headerComment } from "./header.ts";
import { camelCase, pascalCase } from "./names.ts";
import type { EmitOptions } from "./options.ts";

/** Options of {@linkcode emitMock}. */
export interface EmitMockOptions extends EmitOptions {
  /** Where the kind's types are, as seen from the mock. @default "./v<major>.ts" */
  types?: string;
}

/**
 * Writes a plugin for the tests of hosts: it answers each hook with a value that fits the hook's output schema, or with
 * what a test puts there, remembers its calls, and fails when told to.
 *
 * @param hookspec The kind; as `loadHookspec` or `validateHookspec` gives it.
 * @param options Where the types are, and what to write into the header.
 * @returns A module that exports `Mock<Kind>Plugin`. The same for the same hookspec, byte by byte.
 */
export async function emitMock(hookspec: Hookspec, options: EmitMockOptions = {}): Promise<string> {
  const kind = pascalCase(hookspec.kind);
  const { types = `./v${hookspec.kind_api_version.split(".")[0]}.ts` } = options;
  const definitions = new Definitions(hookspec, [`${kind}Plugin`, `${kind}Kind`, `Mock${kind}Plugin`]);
  const hooks = hookspec.hooks.map(({ name, output_schema }) => {
    const { input, output } = definitions.of(name);
    return { method: camelCase(name), input: input.name, output: output.name, schema: output_schema };
  });
  const names = [...hooks.flatMap(({ input, output }) => [input, output]), `${kind}Plugin`];
  const samples = await Promise.all(hooks.map(({ schema }) => sampleText(schema)));
  const methods = new Set(hooks.map(({ method }) => method));
  // What is no hook gives way to a hook of its name.
  const own = (name: string) => methods.has(name) ? `mock${pascalCase(name)}` : name;
  const [calls, answers, throws] = [own("calls"), own("answers"), own("throws")];
  const union = hooks.map(({ method }) => JSON.stringify(method)).join(" | ");
  const title = docText(`A plugin of kind "${hookspec.kind}" for the tests of hosts.`);
  const parts = [
    headerComment(hookspec, options, "mock"),
    docComment(title, "@module"),
    `import type { ${names.sort().join(", ")} } from ${JSON.stringify(types)};`,
    `${docComment("What the mock answers, by hook.")}export interface Mock${kind}Answers {\n${
      hooks.map(({ method, output }) => `/** To \`${method}\`. */\n${method}: ${output};`).join("\n")
    }\n}`,
    `${docComment("One call of the mock.")}export interface Mock${kind}Call {
      /** The hook. */
      readonly hook: ${union};
      /** What it was given. */
      readonly input: unknown;
    }`,
    `${
      docComment(
        title,
        `It answers with \`${answers}\`, throws what stands in \`${throws}\`, and remembers its calls in \`${calls}\`. ` +
          "Its only methods are the hooks.",
      )
    }export class Mock${kind}Plugin implements ${kind}Plugin {
      /** The calls so far, oldest first. */
      readonly ${calls}: Mock${kind}Call[] = [];
      /** What each hook answers; copied at each call. */
      readonly ${answers}: Partial<Mock${kind}Answers>;
      /** What a hook throws in place of an answer. */
      readonly ${throws}: { [hook in ${union}]?: unknown } = {};

      /**
       * Makes a mock.
       *
       * @param answers What to answer, where the standard answer does not do.
       */
      constructor(answers: Partial<Mock${kind}Answers> = {}) {
        this.${answers} = { ...standardAnswers(), ...answers };
      }

      ${
      hooks.map(({ method, input, output }) =>
        `/** Answers \`${answers}.${method}\`. */
        ${method}(input: ${input}): Promise<${output}> { return this.#answer("${method}", input); }`
      ).join("\n\n")
    }

      #answer<Hook extends ${union}>(hook: Hook, input: unknown): Promise<Mock${kind}Answers[Hook]> {
        this.${calls}.push({ hook, input: structuredClone(input) });
        if (hook in this.${throws}) return Promise.reject(this.${throws}[hook]);
        if (hook in this.${answers}) {
          return Promise.resolve(structuredClone(this.${answers}[hook]) as Mock${kind}Answers[Hook]);
        }
        return Promise.reject(
          new Error(\`Cannot answer hook "\${hook}": it has no answer; set ${answers}.\${hook}\`),
        );
      }
    }`,
    `function standardAnswers(): Partial<Mock${kind}Answers> {\nreturn {\n${
      hooks.flatMap(({ method }, index) => samples[index] === undefined ? [] : [`${method}: ${samples[index]},`]).join(
        "\n",
      )
    }\n};\n}`,
  ];
  return await formatTypeScript(parts.join("\n\n"));
}

/** A value that a schema accepts, as an expression: its author's own example, else the shortest that is found. */
async function sampleText(schema: JsonSchema): Promise<string | undefined> {
  const check = await compileSchema(schema, "output_schema");
  const examples = Object(schema).examples as JsonValue[] | undefined ?? [];
  const own = examples.filter((value) => check(value) === undefined).map((value) => JSON.stringify(value));
  const found = own.length > 0 ? [] : (await sampleValues(schema)).map((value) => JSON.stringify(value));
  const text = own[0] ?? found.sort((a, b) => a.length - b.length)[0];
  // In code that key means another thing.
  return text?.includes('"__proto__"') ? `JSON.parse(${JSON.stringify(text)})` : text;
}
