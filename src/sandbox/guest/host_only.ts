/**
 * Makes the stand-in for a name of the package that only a host can use. Inside a scope the package's name leads to
 * a module made of the page of errors and one stand-in for each other name (`tools/generate_guest.ts`).
 *
 * @param name The export.
 * @returns A value that throws however it is used.
 */
export function hostOnly(name: string): unknown {
  const refuse = (): never => {
    throw new Error(`Cannot use "${name}" inside a plugin: only a host can`);
  };
  return new Proxy(function () {}, { get: refuse, has: refuse, construct: refuse, apply: refuse });
}
