import { escapeControl } from "../escape_control.ts";
import type { Logger } from "./logger.ts";

/** Takes an event. */
export type EventHandler = (payload: unknown, topic: string) => unknown;

/** A handler's place on the bus. */
export interface Subscription extends Disposable {
  /** What it hears of. */
  readonly topic: string;
}

/** Events between plugins and their host (SPEC section 8a, ADR-0001): in process, at most once, nothing kept. */
export interface EventBus {
  /**
   * Tells whoever has subscribed to the topic, each once, after this has returned. Nobody need have.
   *
   * @param topic The topic, compared as it is.
   * @param payload What has happened; from and to a sandbox, JSON values and bytes.
   */
  publish(topic: string, payload?: unknown): void;
  /**
   * Begins to listen.
   *
   * @param topic The topic, compared as it is.
   * @param handler Takes each event. What it throws is logged, and harms nobody else.
   */
  subscribe(topic: string, handler: EventHandler): Subscription;
  /** Ends the listening; so does disposing of the subscription. */
  unsubscribe(subscription: Subscription): void;
}

/** The bus that hosts use unless they bring their own. */
export class InProcessEventBus implements EventBus {
  readonly #handlers = new Map<string, Set<EventHandler>>();
  readonly #own = new WeakMap<Subscription, () => void>();
  readonly #failed: (topic: string, error: unknown) => void;

  /**
   * Makes a bus.
   *
   * @param logger Where failed handlers are told. @default console
   */
  constructor(logger: Pick<Logger, "error"> = console) {
    this.#failed = (topic, error) => {
      const why = error instanceof Error ? error.message : String(error);
      logger.error(escapeControl(`A handler of events "${topic}" has failed: ${why}`));
    };
  }

  /** Tells whoever has subscribed to the topic. */
  publish(topic: string, payload?: unknown): void {
    const handlers = this.#handlers.get(checkTopic(topic, "publish to"));
    if (handlers === undefined) return;
    const failed = (error: unknown) => this.#failed(topic, error);
    for (const handler of [...handlers]) queueMicrotask(() => handleEvent(handler, payload, topic, failed));
  }

  /** Begins to listen. */
  subscribe(topic: string, handler: EventHandler): Subscription {
    checkSubscription(topic, handler);
    const own: EventHandler = (payload) => handler(payload, topic); // the same handler may subscribe twice
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers.add(own));
    const end = () => {
      handlers.delete(own);
      if (handlers.size === 0 && this.#handlers.get(topic) === handlers) this.#handlers.delete(topic);
    };
    const subscription: Subscription = { topic, [Symbol.dispose]: end };
    this.#own.set(subscription, end);
    return subscription;
  }

  /** Ends the listening. */
  unsubscribe(subscription: Subscription): void {
    this.#own.get(subscription)?.();
  }
}

/** Hands an event to its handler. @param failed Hears what it throws, at once or later. */
export function handleEvent(
  handler: EventHandler,
  payload: unknown,
  topic: string,
  failed: (error: unknown) => void,
): void {
  try {
    const result = handler(payload, topic);
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** @throws {TypeError} If there is nothing to subscribe to, or with. */
export function checkSubscription(topic: string, handler: EventHandler): void {
  checkTopic(topic, "subscribe to");
  if (typeof handler === "function") return;
  throw new TypeError(`Cannot subscribe to "${topic}": the handler is no function`);
}

/** The longest topic, in UTF-16 units. */
const MAX_TOPIC = 256;

/** @throws {TypeError} If it is no text, empty, or too long. */
export function checkTopic(topic: unknown, verb: string): string {
  if (typeof topic === "string" && topic !== "" && topic.length <= MAX_TOPIC) return topic;
  const shown = typeof topic === "string" ? JSON.stringify(topic.slice(0, 64)) : typeof topic;
  throw new TypeError(`Cannot ${verb} ${shown}: a topic is a text of 1 to ${MAX_TOPIC} characters`);
}
