import { connect, type Socket } from "node:net";

/** What a client that speaks in bytes got back. */
export interface RawAnswer {
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the connection was reset. */
  readonly wasReset: boolean;
}

/** Opens a connection to a server by its URL. */
export function connectTo(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname, port: Number(port), allowHalfOpen: true });
}

/** Writes bytes and reads until the server closes; `finish` also ends the client's own side. */
export async function rawRequest(
  url: string,
  text: string | Uint8Array,
  { finish = false }: { readonly finish?: boolean } = {},
): Promise<RawAnswer> {
  const socket = connectTo(url);
  const chunks: Buffer[] = [];
  let wasReset = false;
  await new Promise<void>((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => (wasReset ||= error.code === "ECONNRESET"));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("end", () => socket.end());
    socket.once("close", () => resolve());
    socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
    if (finish) socket.end();
  });
  return { ...parseAnswer(Buffer.concat(chunks).toString("latin1")), wasReset };
}

function parseAnswer(text: string): Omit<RawAnswer, "wasReset"> {
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, Math.max(0, end)).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(" ")[1] ?? 0), headers, body: text.slice(end + 4) };
}
