/**
 * Lays out TypeScript: long types over several lines, so that they can be read. Which changes nothing but white space.
 *
 * @param text The code.
 * @throws {SyntaxError} If it is none.
 */
export async function formatTypeScript(text: string): Promise<string> {
  const [{ format }, typescript, estree] = await Promise.all([
    import("prettier/standalone"),
    import("prettier/plugins/typescript"),
    import("prettier/plugins/estree"),
  ]);
  const laidOut = await format(text, { parser: "typescript", plugins: [typescript, estree.default], printWidth: 100 });
  return laidOut.replace(/^( *)\/\*\*\n \1\* (.*)\n \1\*\/$/gm, "$1/** $2 */");
}
