import type { Duplex } from "node:stream";
import { StreamCsvError, toError } from "../../errors.ts";

/** What pg's connection does beyond what its types say: it listens to its socket, and to the TLS over that. */
interface ListeningConnection {
  attachListeners(stream: Duplex): void;
}

/** PostgreSQL's manual, section 55.2.1: 2 is Kerberos, 7 is GSSAPI and 9 is SSPI. */
const unknownSignIn = /authenticationOk message type/;

/**
 * Fails a connection of pg's whose server answers what pg can't read. Its parser throws then, in a listener of the socket, and that
 * would end the process.
 */
export function guardInput(connection: object): void {
  const listening = connection as ListeningConnection;
  const attach = listening.attachListeners.bind(connection);
  listening.attachListeners = (stream) => {
    const before = stream.listeners("data");
    attach(stream);
    for (const listener of stream.listeners("data") as ((chunk: Buffer) => void)[]) {
      if (before.includes(listener)) continue;
      stream.off("data", listener);
      stream.on("data", (chunk: Buffer) => {
        try {
          listener(chunk);
        } catch (error) {
          stream.destroy(unreadable(toError(error)));
        }
      });
    }
  };
}

function unreadable(cause: Error): StreamCsvError {
  if (unknownSignIn.test(cause.message))
    return new StreamCsvError(
      "SCSV_DATABASE_REFUSED",
      "The database asks for a way to sign in that pg doesn't know, such as GSSAPI or SSPI.",
      { cause, hint: "Let pg_hba.conf ask this user for scram-sha-256, md5, password or cert." },
    );
  return new StreamCsvError(
    "SCSV_DATABASE_REFUSED",
    "The database answers what isn't PostgreSQL's protocol, or what pg can't read of it.",
    { cause, hint: "Check that the URL leads to a PostgreSQL server." },
  );
}
