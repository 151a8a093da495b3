import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { send } from "../../response/send.ts";
import { lowestSocket } from "../../socket/lowest-socket.ts";
import { resetSocket } from "../../socket/reset-socket.ts";
import type { HttpSettings } from "../shared/http-settings.ts";
import { mostRefusals } from "./connection-limit.ts";
import { makeHttpServer, openConnection } from "../http/http-server.ts";
import { TlsAcceptor } from "../http/tls-acceptor.ts";
import type { Certificates } from "../shared/certificates.ts";
import { logRefusal } from "../http/log-refusal.ts";
import { problemResponse } from "../http/problem-response.ts";
import { identify } from "../http/request-identity.ts";
import { stampResponse } from "../http/stamp-response.ts";

/** Limits on the cost of refusals in the primary. */
export interface RefuserLimits {
  /** How long a client may take to send the request that is refused. */
  readonly headTimeoutMs: number;
  /** Refusals in progress at once. Further connections are reset, so that a flood can't fill the memory. */
  readonly mostAtOnce: number;
}

const usualLimits: RefuserLimits = { headTimeoutMs: 5000, mostAtOnce: mostRefusals() };

/**
 * Answers connections that no worker takes with a 503, because clients can handle a 503 but not a dropped connection.
 */
export class Refuser {
  readonly #mostAtOnce: number;
  readonly #reasons = new Map<Socket, Error>();
  readonly #server: Server;
  readonly #onSettled: (() => void)[] = [];
  readonly #tls: TlsAcceptor | undefined;

  constructor(
    log: Logger,
    http: HttpSettings,
    certificates: Certificates | null,
    limits: RefuserLimits = usualLimits,
  ) {
    this.#mostAtOnce = limits.mostAtOnce;
    const headTimeoutMs = Math.min(http.headTimeoutMs, limits.headTimeoutMs);
    const settings = { ...http, headTimeoutMs };
    this.#server = makeHttpServer(settings, log, async (req, res) => {
      res.shouldKeepAlive = false;
      const reason = this.#reasons.get(lowestSocket(req.socket));
      const response = problemResponse(reason);
      const identity = identify(req.headers);
      logRefusal(log, req, identity, response.statusCode, reason);
      stampResponse(response, identity.requestId);
      await send(response, req, res);
    });
    this.#server.maxRequestsPerSocket = 1;
    if (certificates === null) return;
    this.#tls = new TlsAcceptor({
      certificates,
      handshakeTimeoutMs: headTimeoutMs,
      log,
      onSecure: (socket) => openConnection(this.#server, socket),
    });
  }

  /** Uses other certificates for the connections that follow. */
  replace(certificates: Certificates): void {
    this.#tls?.replace(certificates);
  }

  /** @param isPlain whether the connection has no TLS, although the server has it */
  refuse(socket: Socket, reason: Error, isPlain = false): void {
    if (this.#reasons.size >= this.#mostAtOnce) {
      resetSocket(socket);
      return;
    }
    this.#reasons.set(socket, reason);
    // A connection may break while it is refused; the close event follows.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.#reasons.delete(socket);
      if (this.#reasons.size === 0) for (const resolve of this.#onSettled.splice(0)) resolve();
    });
    if (this.#tls === undefined || isPlain) openConnection(this.#server, socket);
    else this.#tls.accept(socket);
  }

  /** Resolves when no refusal is in progress. */
  async settled(): Promise<void> {
    if (this.#reasons.size > 0) await new Promise<void>((resolve) => this.#onSettled.push(resolve));
  }

  /** Closes the remaining connections. */
  close(): void {
    for (const socket of this.#reasons.keys()) socket.destroy();
    this.#server.close();
  }
}
