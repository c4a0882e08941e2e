import type { PluginContext } from "@dagstack/plugin-system";
import { excerpt } from "./excerpt.ts";
import { fillTemplate } from "./fill_template.ts";
import { measure } from "./measure.ts";

/** What a tool answers. */
interface Answer {
  result: unknown;
  is_error?: boolean;
  error_message?: string;
}

const text = { type: "string", maxLength: 1_000_000 };

/** The functions; their schemas are held against the arguments before `execute` is called. */
const SCHEMA = [
  {
    name: "measure_text",
    description: "Counts the characters, words and lines of a text.",
    parameters: {
      type: "object",
      required: ["text"],
      properties: { text, locale: { type: "string", maxLength: 35, description: 'BCP 47; "en" unless given' } },
      additionalProperties: false,
    },
  },
  {
    name: "excerpt",
    description: "The beginning of a text, cut between words.",
    parameters: {
      type: "object",
      required: ["text", "max_characters"],
      properties: {
        text,
        max_characters: { type: "integer", minimum: 1, maximum: 1_000_000 },
        mark: { type: "string", maxLength: 20, description: 'What shows the cut; "…" unless given' },
      },
      additionalProperties: false,
    },
  },
  {
    name: "fill_template",
    description: "Puts values in the place of {{name}}; {{now}}, {{today}} and {{id}} need none.",
    parameters: {
      type: "object",
      required: ["template"],
      properties: {
        template: text,
        values: { type: "object", additionalProperties: { type: ["string", "number", "boolean"] } },
      },
      additionalProperties: false,
    },
  },
  {
    name: "draw_line",
    description: "One of the lines of a text, by chance; empty lines are not drawn.",
    parameters: { type: "object", required: ["text"], properties: { text }, additionalProperties: false },
  },
];

/** A tool for text. The time and what is left to chance come from its context, so that a test decides both. */
export class TextTools {
  #resources!: PluginContext["resources"];

  setup({ resources }: PluginContext): void {
    this.#resources = resources;
  }

  getSchema(): typeof SCHEMA {
    return SCHEMA;
  }

  execute({ function: name, args }: { function: string; args: Record<string, unknown> }): Answer {
    try {
      return { result: this.#run(name, args) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { result: null, is_error: true, error_message: error.message };
    }
  }

  #run(name: string, args: Record<string, unknown>): unknown {
    const { clock, rng } = this.#resources;
    switch (name) {
      case "measure_text":
        return measure(args.text as string, args.locale as string | undefined ?? "en");
      case "excerpt":
        return excerpt(args.text as string, args.max_characters as number, args.mark as string | undefined ?? "…");
      case "fill_template":
        return fillTemplate(args.template as string, args.values as Record<string, unknown> | undefined ?? {}, {
          now: () => clock.now().toISOString(),
          today: () => clock.now().toISOString().slice(0, 10),
          id: () => rng.uuid4(),
        });
      case "draw_line": {
        const lines = (args.text as string).split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
        return rng.choice(lines);
      }
      default:
        throw new Error(`no function "${name}"`); // kept out by the registry
    }
  }
}
