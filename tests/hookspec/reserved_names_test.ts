/** The room of hookspecs restates names that a room above it owns; this holds the two together. */
import { assertStringIncludes, assertThrows } from "@std/assert";
import { HookspecInvalid, validateHookspec } from "@dagstack/plugin-system";
import { LIFECYCLE_METHODS } from "../../src/sandbox/mod.ts";

for (const name of [...LIFECYCLE_METHODS, "wrap", "then", "constructor"]) {
  Deno.test(`a hook cannot be named ${name}, which means something else`, () => {
    const hook = {
      name,
      dispatch: "singleton",
      description: "D",
      input_schema: { type: "object" },
      output_schema: true,
    };
    const spec = { kind: "thing", kind_api_version: "1.0.0", description: "D", hooks: [hook] };
    const error = assertThrows(() => validateHookspec(spec), HookspecInvalid);
    assertStringIncludes(error.message, "hooks[0].name");
  });
}
