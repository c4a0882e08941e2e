import { methodNames } from "../resources/mod.ts";
import { checkArguments, checkResult, isStream } from "../rpc/mod.ts";

/**
 * An object as a sandboxed plugin comes by it: its methods only, each giving a promise, with arguments and results that
 * could cross, and that nobody shares.
 *
 * @param whole The object.
 */
export function crossing(whole: object): object {
  const call = (name: string) => async (...args: unknown[]) => {
    checkArguments(args, name);
    const result: unknown = await Reflect.apply(Reflect.get(whole, name) as () => unknown, whole, args.map(copied));
    checkResult(result, name);
    return copied(result);
  };
  return Object.freeze(Object.fromEntries(methodNames(whole).map((name) => [name, call(name)])));
}

/** A value of the receiver's own, as if it had crossed; streams, and what cannot cross, stay what they are. */
export function copied(value: unknown): unknown {
  return typeof value !== "object" || value === null || isStream(value) ? value : structuredClone(value);
}
