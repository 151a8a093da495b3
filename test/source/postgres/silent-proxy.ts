import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { server } from "./postgres-source.ts";

/** A proxy in front of the server, which can stop to pass anything on, and keeps all connections open then. */
export class SilentProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #isSilent = false;

  private constructor() {
    this.#server = createServer((client) => {
      this.#hold(client);
      if (this.#isSilent) return;
      const host = connect(server().port, "127.0.0.1");
      this.#hold(host);
      client.pipe(host).pipe(client);
    });
  }

  static async start(): Promise<SilentProxy> {
    const proxy = new SilentProxy();
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `postgres://test@127.0.0.1:${port}/postgres`;
  }

  silence(): void {
    this.#isSilent = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  #hold(socket: Socket): void {
    this.#sockets.push(socket);
    socket.on("error", () => socket.destroy());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
