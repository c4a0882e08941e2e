/** An OTLP/HTTP receiver on loopback, and a host program that is run as a child and exports to it. */
import { assert, assertEquals } from "@std/assert";
import { deno, type Output, PROJECT } from "../support.ts";

/** A span, as it was exported. */
export interface ReceivedSpan {
  /** The instrumentation scope. */
  scope: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  kind: number;
  attributes: Record<string, unknown>;
  status: { code?: number; message?: string };
  events: { name: string; attributes: Record<string, unknown> }[];
}

/** A data point of a metric, as it was exported. */
export interface ReceivedPoint {
  scope: string;
  name: string;
  attributes: Record<string, unknown>;
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}

interface Scoped {
  scope: { name: string };
  spans?: (Omit<ReceivedSpan, "attributes" | "events"> & {
    attributes: Attribute[];
    events: { name: string; attributes: Attribute[] }[];
  })[];
  metrics?: { name: string; sum?: { dataPoints: { attributes: Attribute[] }[] } }[];
}

/** Takes what is exported, as JSON. */
export class OtlpReceiver implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  readonly points: ReceivedPoint[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      assertEquals(request.headers.get("content-type"), "application/json");
      this.#take(await request.json());
      return Response.json({});
    });
  }

  /** What makes a process export to it. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    };
  }

  #take(body: Record<string, Record<string, Scoped[]>[]>): void {
    const scopes = (name: string) => (body[`resource${name}`] ?? []).flatMap((one) => one[`scope${name}`] ?? []);
    for (const { scope, spans = [] } of scopes("Spans")) {
      for (const span of spans) {
        const events = span.events.map((event) => ({ name: event.name, attributes: values(event.attributes) }));
        this.spans.push({ ...span, scope: scope.name, attributes: values(span.attributes), events });
      }
    }
    for (const { scope, metrics = [] } of scopes("Metrics")) {
      for (const metric of metrics) {
        for (const { attributes } of metric.sum?.dataPoints ?? []) {
          this.points.push({ scope: scope.name, name: metric.name, attributes: values(attributes) });
        }
      }
    }
  }

  /** The only span of a name, of a plugin if one is named. */
  one(name: string, plugin?: string): ReceivedSpan {
    const found = this.spans.filter((span) =>
      span.name === name && (plugin === undefined || span.attributes.plugin === plugin)
    );
    assertEquals(found.length, 1, `spans ${name} of ${plugin}: ${this.show()}`);
    return found[0]!;
  }

  /** The names from the root of a span's trace down to it. */
  path(span: ReceivedSpan): string[] {
    const path: string[] = [];
    for (let at: ReceivedSpan | undefined = span; at !== undefined;) {
      path.unshift(at.attributes.plugin === undefined ? at.name : `${at.name} ${at.attributes.plugin}`);
      const { parentSpanId, traceId }: ReceivedSpan = at;
      if (parentSpanId === "") break;
      at = this.spans.find((one) => one.spanId === parentSpanId);
      assert(at !== undefined, `the parent of ${path[0]} is missing: ${this.show()}`);
      assertEquals(at.traceId, traceId, "a parent is of another trace");
    }
    return path;
  }

  show(): string {
    return this.spans.map((span) => `${span.name} ${span.attributes.plugin ?? ""} ${span.spanId}<-${span.parentSpanId}`)
      .join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function values(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** What the host program is told. */
export interface HostSpec {
  folder: string;
  /** Options of the registry. */
  options: Record<string, unknown>;
  /** What it does. */
  act: string;
}

/** Runs the host program to its end. */
export function runHost(spec: HostSpec, env: Record<string, string>, flags: readonly string[] = []): Promise<Output> {
  const allowed = flags.length > 0 ? flags : [
    "--allow-read",
    "--allow-write",
    "--allow-env",
    `--allow-run=${Deno.execPath()},/bin/sh`,
  ];
  const main = new URL("tests/telemetry/host_main.ts", PROJECT).href;
  return deno(["run", "-q", "--no-check", "--no-prompt", ...allowed, main, JSON.stringify(spec)], { env });
}
