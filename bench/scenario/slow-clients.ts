import { eitherSignal, StreamCsvError } from "../../src/ground.ts";
import { errorOf } from "../fault.ts";
import { readFrom, type ServedExport } from "../session/session.ts";

/** One client that reads an export slowly, as far as it is. */
interface SlowClient {
  /** Bytes of the body it has read. */
  readonly bytes: number;
  /** Why it no longer reads; null while it reads, or waits for its first byte. */
  readonly fault: Error | null;
}

/** Clients that read until they are stopped. */
interface SlowClients {
  readonly clients: readonly SlowClient[];
  /** Rejects when the first of them is refused, fails, or reaches the end of its export. */
  readonly ended: Promise<never>;
  /** Closes all connections. */
  leave(): Promise<void>;
}

/** Lets as many clients read one export each, at a fixed rate, until the caller ends them. */
export function startSlowClients(
  served: ServedExport,
  { readers, bytesPerSecond }: { readonly readers: number; readonly bytesPerSecond: number },
): SlowClients {
  const leaving = new AbortController();
  const signal = eitherSignal(served.session.signal, leaving.signal);
  const clients = Array.from({ length: readers }, () => ({ bytes: 0, fault: null as Error | null }));
  const readings = clients.map(async (client): Promise<never> => {
    try {
      const { head } = await readFrom(served, {
        signal,
        bytesPerSecond,
        onRead: (bytes) => (client.bytes = bytes),
      });
      const what =
        head.statusCode === 200
          ? "ended while it was still being watched"
          : `was answered with ${head.statusCode}`;
      throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", `An export to a slow reader ${what}.`);
    } catch (fault) {
      client.fault = errorOf(fault);
      throw fault;
    }
  });
  const ended = Promise.race(readings);
  // Between two steps nothing awaits it, and stopping the readers rejects it too.
  ended.catch(() => undefined);
  return {
    clients,
    ended,
    async leave() {
      leaving.abort();
      await Promise.allSettled(readings);
    },
  };
}
