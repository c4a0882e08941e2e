import { convert, UNIT_NAMES } from "./convert.ts";
import { evaluate } from "./evaluate.ts";
import { summarise } from "./summarise.ts";

/** What a tool answers. */
interface Answer {
  result: unknown;
  is_error?: boolean;
  error_message?: string;
}

const unit = { type: "string", enum: UNIT_NAMES };

/** The functions; their schemas are held against the arguments before `execute` is called. */
const SCHEMA = [
  {
    name: "evaluate",
    description: "Works out an arithmetic expression with + - * / % ^, brackets, pi, e and functions such as sqrt.",
    parameters: {
      type: "object",
      required: ["expression"],
      properties: { expression: { type: "string", minLength: 1, maxLength: 1000, description: "2 * (3 + 4)" } },
      additionalProperties: false,
    },
  },
  {
    name: "convert",
    description: "Converts a quantity of length, mass, time or data into another unit.",
    parameters: {
      type: "object",
      required: ["value", "from", "to"],
      properties: { value: { type: "number" }, from: unit, to: unit },
      additionalProperties: false,
    },
  },
  {
    name: "summarise",
    description: "Count, sum, smallest, largest, mean, median and standard deviation of numbers.",
    parameters: {
      type: "object",
      required: ["numbers"],
      properties: { numbers: { type: "array", items: { type: "number" }, minItems: 1, maxItems: 100_000 } },
      additionalProperties: false,
    },
  },
];

/** A tool for arithmetic. What cannot be worked out is an answer, for a model to read; only a fault is thrown. */
export class Calculator {
  get_schema(): typeof SCHEMA {
    return SCHEMA;
  }

  execute({ function: name, args }: { function: string; args: Record<string, unknown> }): Answer {
    try {
      return { result: this.#run(name, args) };
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
      return { result: null, is_error: true, error_message: error.message };
    }
  }

  #run(name: string, args: Record<string, unknown>): unknown {
    switch (name) {
      case "evaluate":
        return evaluate(args.expression as string);
      case "convert":
        return convert(args.value as number, args.from as string, args.to as string);
      case "summarise":
        return summarise(args.numbers as number[]);
      default:
        throw new Error(`no function "${name}"`); // kept out by the registry
    }
  }
}
