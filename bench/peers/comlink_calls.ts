// deno-lint-ignore no-import-prefix -- a peer of the benchmarks, no dependency of the package
import { wrap } from "npm:comlink@4.4.2";

/** A plugin as comlink would have it: a Worker behind a proxy. */
export class ComlinkCalls implements Disposable {
  readonly #worker = new Worker(new URL("comlink_worker.ts", import.meta.url), { type: "module" });
  readonly #remote = wrap<{ echo(value: string): string }>(this.#worker);

  call(value: string): Promise<string> {
    return this.#remote.echo(value);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
