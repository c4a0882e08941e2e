import type { JsonValue } from "../json.ts";
import { type Gap, gapAt } from "./fits_gap.ts";
import type { Shape } from "./fits_shapes.ts";

/** Whether numbers of a shape keep a keyword. */
export function numberGap(shape: Shape, word: string, value: JsonValue): Gap | undefined {
  if (typeof value !== "number") return undefined;
  const { least, most, openLeast, openMost } = shape;
  switch (word) {
    case "minimum":
      return least >= value ? undefined : gapAt([], `it may be less than ${value}`);
    case "maximum":
      return most <= value ? undefined : gapAt([], `it may be more than ${value}`);
    case "exclusiveMinimum":
      return least > value || least === value && openLeast ? undefined : gapAt([], `it may be ${value} or less`);
    case "exclusiveMaximum":
      return most < value || most === value && openMost ? undefined : gapAt([], `it may be ${value} or more`);
    case "multipleOf": {
      const steps = shape.type === "integer" ? [1, ...shape.multiples] : shape.multiples;
      // NB: only whole steps divide exactly; with others equal ones alone are sure
      const kept = steps.some((step) =>
        step === value || Number.isInteger(step) && Number.isInteger(value) && step % value === 0
      );
      return kept ? undefined : gapAt([], `it may be no multiple of ${value}`);
    }
    default:
      return undefined;
  }
}

/** Whether strings of a shape keep a keyword. */
export function stringGap(shape: Shape, word: string, value: JsonValue): Gap | undefined {
  switch (word) {
    case "minLength":
      return shape.shortest >= Number(value) ? undefined : gapAt([], `it may be shorter than ${value}`);
    case "maxLength":
      return shape.longest <= Number(value) ? undefined : gapAt([], `it may be longer than ${value}`);
    case "pattern": {
      const kept = value === "" || value === ".*" || value === "^" || value === "$" ||
        shape.patterns.includes(String(value)) ||
        shape.shortest > 0 && value === "[\\s\\S]";
      return kept ? undefined : gapAt([], `it may not match ${JSON.stringify(value)}`);
    }
    default:
      return undefined;
  }
}
