/** Servers that HTTP clients are tested against, on loopback, each at a port of its own. */

/** A server that counts what it is asked. */
export class CountingServer implements AsyncDisposable {
  /** `GET /path`, oldest first. */
  readonly seen: string[] = [];
  /** The headers of each. */
  readonly headers: Headers[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(
    answer: (request: Request, server: CountingServer) => Response | Promise<Response>,
    tls: Tls | undefined = undefined,
  ) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {}, ...tls }, async (request) => {
      const { pathname, search } = new URL(request.url);
      this.seen.push(`${request.method} ${pathname}${search}`);
      this.headers.push(request.headers);
      return await answer(request, this);
    });
  }

  /** Its port. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** As a manifest lists it. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** A URL of it. */
  at(path = "/", scheme = "http", name = "127.0.0.1"): string {
    return `${scheme}://${name}:${this.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** What a server of TLS needs. */
export interface Tls {
  cert: string;
  key: string;
}

/** A server that writes what it is told, byte by byte, and then drops the connection or leaves it open. */
export class RawServer implements AsyncDisposable {
  /** How many connections it had. */
  connections = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #work: Promise<void>;

  /** @param answer Writes the nth answer; what it leaves open stays open. */
  constructor(answer: (write: (text: string) => Promise<void>, close: () => void, nth: number) => unknown) {
    this.#work = this.#serve(answer);
  }

  /** Its host. */
  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async #serve(answer: ConstructorParameters<typeof RawServer>[0]): Promise<void> {
    const answers: Promise<unknown>[] = [];
    for await (const connection of this.#listener) {
      const nth = this.connections++;
      this.#open.add(connection);
      const close = () => {
        if (this.#open.delete(connection)) connection.close();
      };
      const write = async (text: string) => void await connection.write(new TextEncoder().encode(text));
      answers.push(
        (async () => {
          await connection.read(new Uint8Array(65_536));
          await answer(write, close, nth);
        })().catch(() => {}),
      ); // the client went away first, as some tests want it to
    }
    await Promise.all(answers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    await this.#work;
  }
}
