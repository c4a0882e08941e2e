import { type EventBus, type EventHandler, InProcessEventBus, type Logger, type Subscription } from "../context/mod.ts";

/** An event that was published. */
export interface PublishedEvent {
  /** Of what kind. */
  readonly topic: string;
  /** What has happened; `undefined` when nothing was said of it. */
  readonly payload: unknown;
}

/** An {@linkcode EventBus} that works, and remembers what was published on it, for tests. */
export class RecordingEventBus implements EventBus {
  readonly #bus: InProcessEventBus;
  readonly #published: PublishedEvent[] = [];

  /**
   * Makes a bus.
   *
   * @param logger Where failed handlers are told. @default console
   */
  constructor(logger: Pick<Logger, "error"> = console) {
    this.#bus = new InProcessEventBus(logger);
  }

  /** All that was published, by plugin and test alike, in order. */
  get published(): readonly PublishedEvent[] {
    return [...this.#published];
  }

  /**
   * What was published under one topic.
   *
   * @param topic The topic.
   * @returns The payloads, in order.
   */
  payloads(topic: string): unknown[] {
    return this.#published.filter((event) => event.topic === topic).map(({ payload }) => payload);
  }

  /** Tells whoever has subscribed to the topic, and remembers it. */
  publish(topic: string, payload?: unknown): void {
    this.#bus.publish(topic, payload); // first: it refuses what is no topic
    this.#published.push({ topic, payload });
  }

  /** Begins to listen. */
  subscribe(topic: string, handler: EventHandler): Subscription {
    return this.#bus.subscribe(topic, handler);
  }

  /** Ends the listening. */
  unsubscribe(subscription: Subscription): void {
    this.#bus.unsubscribe(subscription);
  }

  /** Forgets what was published, as between two runs of a test. Those who listen stay. */
  clear(): void {
    this.#published.length = 0;
  }
}
