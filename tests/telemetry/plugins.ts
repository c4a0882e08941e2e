import { manifestText } from "../support.ts";

/** Middleware around `keep` of all plugins. */
export const GUARD: Record<string, string> = {
  "guard/dagstack.toml": manifestText(
    { name: '"guard"', kind: '"guard"', priority: "1000" },
    '[plugin.chain_wrap]\nkinds = ["thing"]\nhooks = ["keep"]\n',
  ),
  "guard/plugin.ts": `export class Sample {
    wrap(call: any, next: any) { return next({ metadata: { actor: "guard" } }); }
  }`,
};

/** Two plugins: `front` has a span of its own and calls `back`, which calls a resource of the host's. */
export function pluginFiles(fields: Record<string, string> = {}): Record<string, string> {
  return {
    "front/dagstack.toml": manifestText({ name: '"front"', depends_on: '["back"]', ...fields }),
    "front/plugin.ts": `export class Sample {
      setup(context: any) { this.context = context; } context: any;
      go(text: string) {
        const { tracer, metrics, registry } = this.context;
        metrics.createCounter("front.calls").add(1, { size: text.length, kind: "forged" });
        return tracer.startActiveSpan("front work", { attributes: { own: true, plugin: "forged" } }, async (span: any) => {
          try {
            return await registry.getPlugin("thing", { name: "back" }).keep(text);
          } finally {
            span.end();
          }
        });
      }
    }`,
    "back/dagstack.toml": manifestText({ name: '"back"', ...fields }, '[plugin.resources]\nrequired = ["store"]\n'),
    "back/plugin.ts": `export class Sample {
      setup(context: any) { this.context = context; } context: any;
      async keep(text: string) {
        const kept = await this.context.resources.store.put(text);
        return { kept, trace: this.context.metadata.trace_context ?? null };
      }
      leak() { throw new Error("refused by the server: " + this.context.config.api_key); }
    }`,
  };
}
