import { runningCall } from "../context/mod.ts";
import { CallRecorder, decorateMembers, isSynchronous, type Method, type RecordedCall } from "../resources/mod.ts";
import type { Tenure } from "./tenure.ts";

/** Takes what a plugin's scope records. @returns Whether it could. */
export type SendReport = (calls: RecordedCall[], dropped: number) => boolean;

/** Resources that answer at once: after the plugin's end they throw at once, too. */
const ANSWER_AT_ONCE = new Set(["clock", "rng", "env"]);

/** What a plugin is given as its resources, where it runs: usable until it is torn down, and recorded where asked. */
export class ResourceView {
  readonly #tenure: Tenure;
  readonly #recorder: CallRecorder | undefined;

  /** @param tenure How long. @param send Takes what is recorded. @default nothing is */
  constructor(tenure: Tenure, send?: SendReport) {
    this.#tenure = tenure;
    if (send === undefined) return;
    this.#recorder = new CallRecorder({ send, metadata: () => carriedBy(tenure.plugin)?.metadata });
  }

  /** A resource that lives here. Nothing stands in the place of what is a permission only. */
  inScope(name: string, resource: unknown, isReported: boolean): unknown {
    if (typeof resource !== "object" || resource === null) return resource;
    const recorder = isReported ? this.#recorder : undefined;
    return decorateMembers(resource, (method, call) => {
      const guarded = this.guard(name, call);
      return recorder === undefined ? guarded : (...args) => recorder.call(name, method, () => guarded(...args));
    });
  }

  /** A resource of the host's, where that is in the same isolate. */
  ofHost(name: string, resource: object): object {
    const tenure = this.#tenure;
    if (isSynchronous(name)) return this.inScope(name, resource, false) as object;
    return decorateMembers(resource, (_method, call) =>
      this.guard(name, (...args) => {
        const own = carriedBy(tenure.plugin);
        return tenure.call(
          (given) => call(...given),
          args,
          own?.metadata,
          own === undefined || own.outlives === true ? undefined : () => own.signal,
        );
      }));
  }

  /** A method that works until the plugin is torn down. */
  guard(name: string, call: Method): Method {
    const tenure = this.#tenure;
    return (...args) => {
      if (!tenure.isOver) return call(...args);
      if (ANSWER_AT_ONCE.has(name)) tenure.check();
      return rejected(tenure);
    };
  }

  /** Sends what is recorded, and ends the tenure. */
  end(): void {
    this.#recorder?.close();
    this.#tenure.end();
  }
}

/** The plugin's own call, where it carries something. */
function carriedBy(plugin: string): ReturnType<typeof runningCall> {
  const call = runningCall();
  return call?.plugin === plugin ? call : undefined;
}

// deno-lint-ignore require-await -- it is there to reject
async function rejected(tenure: Tenure): Promise<void> {
  tenure.check();
}
