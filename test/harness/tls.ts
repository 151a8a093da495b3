import { once } from "node:events";
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { generate } from "selfsigned";

/** A certificate for localhost and 127.0.0.1 with its key, in files and as text. */
export interface TlsIdentity extends AsyncDisposable {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  /** Writes another certificate into the same files, and returns it. */
  renew(): Promise<string>;
}

export async function makeIdentity(): Promise<TlsIdentity> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-tls-"));
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const renew = async (): Promise<string> => {
    const { cert, key } = await certificate();
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    return cert;
  };
  const cert = await renew();
  return {
    certFile,
    keyFile,
    cert,
    renew,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Makes a certificate that signs itself, and its key. */
export async function certificate(): Promise<{ readonly cert: string; readonly key: string }> {
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    algorithm: "sha256",
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Connects to a server whose certificate is trusted; resolves after the handshake. */
export async function connectTls(
  url: string,
  cert: string,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const { port } = new URL(url);
  const socket = connect({ host: "127.0.0.1", port: Number(port), ca: cert, ...options });
  await once(socket, "secureConnect");
  return socket;
}

/** What a connection gave until it ended. */
export interface Received {
  readonly text: string;
  /** The code of the error that ended it; undefined for a clean end. */
  readonly errorCode: string | undefined;
}

/** Reads a connection until it ends, however it does. */
export async function readToEnd(socket: TLSSocket): Promise<Received> {
  const parts: Buffer[] = [];
  let errorCode: string | undefined;
  socket.on("data", (part: Buffer) => parts.push(part));
  socket.on("error", (error: NodeJS.ErrnoException) => (errorCode = error.code));
  if (!socket.closed) await new Promise((resolve) => void socket.once("close", resolve));
  return { text: Buffer.concat(parts).toString("latin1"), errorCode };
}
