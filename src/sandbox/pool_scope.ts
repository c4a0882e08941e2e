import type { AroundCall, Next } from "../context/mod.ts";
import type { CallOptions, StartedCall, Waiter } from "../rpc/mod.ts";
import { counted } from "./counted.ts";
import { EndSignal } from "./end_signal.ts";
import type { Ending, LoadedPlugin, PluginScope, PluginSetup } from "./scope.ts";

interface Member {
  scope: PluginScope;
  /** Calls that it works on: also such as were cancelled, until it has answered them. */
  busy: number;
  alive: boolean;
}

/**
 * A plugin whose calls several scopes share, each with an instance of its own: the processes of `process_cpu_bound`, or
 * the workers of `thread_cpu_bound` where the plugin has no process. A call goes to the scope that has the fewest. When
 * one ends, its calls fail and the others go on without it; the pool ends with its last.
 */
export class PoolScope implements PluginScope {
  readonly sandbox: "process" | "worker";
  readonly ended = new EndSignal();
  readonly #members: Member[];

  /** @param scopes At least one, all of the same plugin. @param onLost Told when one of several has ended. */
  constructor(scopes: readonly PluginScope[], onLost: (reason: string, left: number) => void) {
    this.sandbox = scopes[0]!.sandbox as "process" | "worker";
    this.#members = scopes.map((scope) => ({ scope, busy: 0, alive: true }));
    for (const member of this.#members) {
      member.scope.ended.listen((reason) => {
        member.alive = false;
        const left = this.#members.filter(({ alive }) => alive).length;
        if (left === 0) this.ended.tell(reason);
        else if (reason !== "closed") onLost(reason, left);
      });
    }
    Promise.all(scopes.map(({ ended }) => ended.promise)).then(([reason]) => this.ended.finish(reason!));
  }

  async load(): Promise<LoadedPlugin> {
    const [first] = await this.#each((scope) => scope.load());
    return first!;
  }

  async setup(setup: PluginSetup): Promise<void> {
    await this.#each((scope) => scope.setup(setup));
  }

  start(hook: string, args: readonly unknown[], waiter: Waiter, options?: CallOptions): StartedCall | undefined {
    const member = this.#leastBusy();
    return member.scope.start(hook, args, counted(member, waiter), options);
  }

  startWrap(call: AroundCall, next: Next, waiter: Waiter, options?: CallOptions): StartedCall | undefined {
    const member = this.#leastBusy();
    return member.scope.startWrap(call, next, counted(member, waiter), options);
  }

  #leastBusy(): Member {
    let least = this.#members[0]!;
    for (const member of this.#members) {
      if (member.alive && (!least.alive || member.busy < least.busy)) least = member;
    }
    return least;
  }

  explain(error: unknown): unknown {
    return this.#members[0]!.scope.explain(error);
  }

  async teardown(): Promise<unknown> {
    const given = await this.#each((scope) => scope.teardown());
    return given.includes(false) ? false : undefined;
  }

  async close(ending: Ending, reason?: string): Promise<void> {
    await Promise.all(this.#members.map(({ scope }) => scope.close(ending, reason)));
  }

  /** Does the same with all that live, and waits for all before it passes on what one of them threw. */
  async #each<T>(work: (scope: PluginScope) => Promise<T>): Promise<T[]> {
    const living = this.#members.filter(({ alive }) => alive);
    const results = await Promise.allSettled(living.map(({ scope }) => work(scope)));
    return results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  }
}
