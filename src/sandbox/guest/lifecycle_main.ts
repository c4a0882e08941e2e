/**
 * A test module that `deno test` runs in a process of its own, under the plugin's scope: setup, use, teardown, with
 * Deno's op, resource and exit sanitizers on. What to run comes as JSON on stdin, read before the test begins.
 */
import { createPluginView, type Logger } from "../../context/mod.ts";
import { buildResource, standardDoubles } from "../../resources/mod.ts";
import type { LifecycleSpec } from "../guest_protocol.ts";
import { PluginInstance } from "../instance.ts";

const spec: LifecycleSpec = JSON.parse(await new Response(Deno.stdin.readable).text());
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

// NB: since Deno 2.8 both sanitizers are off unless a test asks for them.
Deno.test({
  name: "lifecycle",
  sanitizeOps: true,
  sanitizeResources: true,
  sanitizeExit: true,
  async fn() {
    const { plugin, manifest, config } = spec;
    const instance = await PluginInstance.load(spec.url, spec.exportName, {
      wraps: manifest.chain_wrap !== undefined,
    });
    const { required, optional } = manifest.resources;
    const resources = new Map<string, unknown>([
      ...Object.entries(standardDoubles([...required, ...optional])),
      ...spec.resources.map(([name, data]): [string, unknown] => [name, buildResource(data)]),
    ]);
    await instance.setup(createPluginView({ plugin, manifest, config, logger: silent, resources }));
    for (const [hook, args] of spec.calls) {
      try {
        await instance.call(hook, args);
      } catch {
        continue; // a sample may be one that the hook refuses
      }
    }
    await instance.teardown();
  },
});
