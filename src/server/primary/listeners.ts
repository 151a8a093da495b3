import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { isCodedError, StreamCsvError, toError } from "../../errors.ts";
import { isLoopback } from "../access/request-origin.ts";
import type { ServerSettings } from "../shared/settings.ts";

const loopback = "127.0.0.1";

/** The ports on which a server listens. */
export interface Listeners {
  readonly all: readonly Server[];
  readonly url: string;
  /** Of the port of numbers and transfers; null if they have none of their own. */
  readonly adminUrl: string | null;
  /** Whether the server can be reached from this machine alone. */
  readonly isLocal: boolean;
  /** Accepts no more connections. */
  close(): void;
}

/**
 * Listens on the ports of a server.
 * @param accept takes each connection, paused, and whether it came by the port of numbers and transfers
 * @throws StreamCsvError `SCSV_PORT_UNAVAILABLE`; then it listens on none of them
 */
export async function openListeners(
  { host, port, adminPort, tls }: ServerSettings,
  accept: (socket: Socket, isAdmin: boolean) => void,
): Promise<Listeners> {
  const open = async (name: string, at: string, number: number, isAdmin: boolean): Promise<Server> => {
    const options = { pauseOnConnect: true, noDelay: true };
    const listener = createServer(options, (socket) => accept(socket, isAdmin));
    await listen(listener, name, at, number);
    return listener;
  };
  const listener = await open("--port", host, port, false);
  try {
    const admin = adminPort === null ? undefined : await open("--admin-port", loopback, adminPort, true);
    const all = admin === undefined ? [listener] : [listener, admin];
    return {
      all,
      url: urlOf(listener, tls === null ? "http" : "https"),
      adminUrl: admin === undefined ? null : urlOf(admin, "http"),
      isLocal: isLoopback((listener.address() as AddressInfo).address),
      close: () => all.forEach((one) => one.close()),
    };
  } catch (error) {
    listener.close();
    throw error;
  }
}

async function listen(listener: Server, flag: string, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: unknown): void => {
      const message = `The server can't listen on ${host}, port ${port}: ${toError(error).message}.`;
      const isPort = isCodedError(error) && (error.code === "EADDRINUSE" || error.code === "EACCES");
      const hint = isPort
        ? `Choose another port, or ${flag} 0 for any free port.`
        : "Check --host: it is not an address of this machine.";
      reject(new StreamCsvError("SCSV_PORT_UNAVAILABLE", message, { cause: error, hint }));
    };
    listener.once("error", refuse);
    listener.listen(port, host, () => {
      listener.off("error", refuse);
      resolve();
    });
  });
}

function urlOf(listener: Server, scheme: "http" | "https"): string {
  const { address, family, port } = listener.address() as AddressInfo;
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
