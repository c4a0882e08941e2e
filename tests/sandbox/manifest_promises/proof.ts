/** What the proofs have in common: a plugin that tries something, and a neighbour that must not notice. */
import { assertEquals } from "@std/assert";
import { deno, manifestText, TestHost } from "../../support.ts";

/** What a field promises, and a run of real plugins that sees it kept. */
export interface Proof {
  /** As the end of "`field` promises that …". */
  promise: string;
  /** Throws when the promise was not kept, or when it was not told so. */
  bites: () => Promise<void>;
}

/**
 * The files of a plugin `thing/sample`, and of its neighbour `thing/good`.
 *
 * @param body The members of its class.
 * @param resources The end of its manifest.
 * @param fields Further fields of its manifest.
 */
export function plugin(body: string, resources = "", fields: Record<string, string> = {}): Record<string, string> {
  return {
    "p/dagstack.toml": manifestText(fields, resources),
    "p/plugin.ts": `export class Sample {\n${body}\n}\n`,
    "good/dagstack.toml": manifestText({ name: '"good"' }),
    "good/plugin.ts": "export class Sample { hi() { return 'hi'; } }",
  };
}

/** The end of a manifest that requires one resource, and what it lists of it. */
export function requires(resource: string, lists: Readonly<Record<string, unknown>> = {}): string {
  const lines = Object.entries(lists).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return [`[plugin.resources]`, `required = ["${resource}"]`, `[plugin.resources.${resource}]`, ...lines].join("\n");
}

/** The neighbour answers, whatever became of the plugin. */
export async function assertGoodAnswers(host: TestHost): Promise<void> {
  assertEquals(await host.plugin("thing/good").hi!(), "hi");
}

/** Whether a process runs. NB: by way of `deno eval`: to signal it would take a permission that these tests lack. */
export async function runs(pid: number): Promise<boolean> {
  // The signal changes nothing for a process that is not stopped.
  const program = `try { Deno.kill(${pid}, "SIGCONT"); console.log("runs"); } catch (e) { console.log(e.name); }`;
  const { stdout, stderr } = await deno(["eval", "--no-config", program]);
  assertEquals([stderr, ["runs\n", "NotFound\n"].includes(stdout)], ["", true], `process ${pid}: ${stdout}`);
  return stdout === "runs\n";
}

/** Finds plugins and starts nothing: gives the code of each failure with its message. */
export async function discover(files: Record<string, string>): Promise<{ code: unknown; message: string }[]> {
  await using host = new TestHost();
  await host.folder.write(files);
  const { registered, failures } = await host.registry.discover(host.folder.path);
  await host.setup();
  assertEquals(registered.map(({ name }) => name), ["good"], "only the neighbour is registered");
  assertEquals(host.registry.list().map(({ name }) => name), ["good"]);
  await assertGoodAnswers(host);
  assertEquals(host.logger.messages("info"), [], "no plugin code said anything");
  return failures.map(({ error }) => ({ code: Reflect.get(error, "code"), message: error.message }));
}
