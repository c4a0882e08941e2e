import { isPluginUnavailable } from "../errors.ts";
import {
  checkSubscription,
  checkTopic,
  type EventBus,
  type EventHandler,
  handleEvent,
  type Subscription,
} from "./event_bus.ts";
import type { Logger } from "./logger.ts";
import type { PluginServices } from "./plugin_services.ts";

/** How long after a stream of events has failed another is begun. */
const LISTEN_AGAIN_MS = 100;

/** One plugin's way to its host's event bus, the same in every sandbox: events come as a stream. */
export class PluginBus implements EventBus {
  readonly #services: Pick<PluginServices, "publish" | "events">;
  readonly #logger: Pick<Logger, "error">;
  readonly #own = new WeakMap<Subscription, () => void>();

  /** @param services The host's side. @param logger Where failed handlers are told. */
  constructor(services: Pick<PluginServices, "publish" | "events">, logger: Pick<Logger, "error">) {
    this.#services = services;
    this.#logger = logger;
  }

  publish(topic: string, payload?: unknown): void {
    checkTopic(topic, "publish to");
    const failed = (error: unknown) => this.#tell(`Cannot publish to "${topic}"`, error);
    try {
      Promise.resolve(this.#services.publish(topic, payload)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  subscribe(topic: string, handler: EventHandler): Subscription {
    checkSubscription(topic, handler);
    const failed = (error: unknown) => this.#tell(`A handler of events "${topic}" has failed`, error);
    let events: AsyncIterator<unknown> | undefined;
    let ended = false;
    const end = () => {
      ended = true;
      events?.return?.().catch(() => {}); // a scope that ends meanwhile ends the stream, too
    };
    const listen = async () => {
      events = (await this.#services.events(topic))[Symbol.asyncIterator]();
      if (ended) return end();
      for (let next = await events.next(); !next.done && !ended; next = await events.next()) {
        handleEvent(handler, next.value, topic, failed);
      }
    };
    const begin = () => {
      listen().catch((error) => {
        if (ended) return;
        this.#tell(`Cannot listen to "${topic}"`, error);
        if (!isPluginUnavailable(error)) setTimeout(begin, LISTEN_AGAIN_MS); // an event that could not come is no end
      });
    };
    begin();
    const subscription: Subscription = { topic, [Symbol.dispose]: end };
    this.#own.set(subscription, end);
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    this.#own.get(subscription)?.();
  }

  #tell(what: string, error: unknown): void {
    this.#logger.error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
