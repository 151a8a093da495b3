import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import type { Logger } from "pino";
import type { Certificates } from "../shared/certificates.ts";

/** What a TLS acceptor needs. */
export interface TlsAcceptorOptions {
  readonly certificates: Certificates;
  /** How long a handshake may take. */
  readonly handshakeTimeoutMs: number;
  readonly log: Logger;
  /** Takes a connection whose handshake has succeeded. */
  readonly onSecure: (socket: TLSSocket) => void;
}

/**
 * Does the TLS handshake of connections that another process accepted. A connection whose handshake fails, or takes too
 * long, is closed; its client gets only the alert of TLS.
 */
export class TlsAcceptor {
  /** Never listens: connections are passed to it. */
  readonly #server: Server;

  constructor({ certificates, handshakeTimeoutMs, log, onSecure }: TlsAcceptorOptions) {
    this.#server = createServer({
      ...contextOptions(certificates),
      handshakeTimeout: handshakeTimeoutMs,
      // HTTP/2 is a proxy's part. curl names HTTP/1.0 when it is to speak that.
      ALPNProtocols: ["http/1.1", "http/1.0"],
    });
    this.#server.on("secureConnection", onSecure);
    this.#server.on("tlsClientError", (error, socket) => {
      log.debug({ err: error }, "TLS handshake failed");
      // Node leaves the socket of a handshake that took too long open.
      socket.destroy();
    });
  }

  /** Takes a paused connection. */
  accept(socket: Socket): void {
    this.#server.emit("connection", socket);
  }

  /** Uses other certificates for the connections that follow. @throws the error of OpenSSL if they can't be used */
  replace(certificates: Certificates): void {
    this.#server.setSecureContext(contextOptions(certificates));
  }
}

/** The options of a context: TLS 1.2 and 1.3, and no new handshake within a connection. */
export function contextOptions({ cert, key }: Certificates): SecureContextOptions {
  return { cert, key, minVersion: "TLSv1.2", secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
}
