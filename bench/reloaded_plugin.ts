/** What a call of the plugin that is reloaded gives. */
export interface Answer {
  id: number;
  /** Which instance has answered. The host numbers them, from 1. */
  generation: number;
  /** Which call of that instance this was, from 1. */
  served: number;
}

/** Numbers the instances: a resource of the host's, which reaches into every sandbox. */
export class Births {
  count = 0;

  next(): Promise<number> {
    return Promise.resolve(++this.count);
  }
}

interface Context {
  resources: { get(name: string): { next(): Promise<number> } };
}

/** A plugin that says which of its instances answers; one call in four takes until a later turn of the event loop. */
export class Reloaded {
  #generation = 0;
  #served = 0;

  async setup(context: Context): Promise<void> {
    this.#generation = await context.resources.get("births").next();
  }

  async ask(id: number): Promise<Answer> {
    const answer = { id, generation: this.#generation, served: ++this.#served };
    if (id % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    return answer;
  }
}
