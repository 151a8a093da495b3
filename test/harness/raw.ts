import { connect, type Socket } from "node:net";

/** What a client that sends raw bytes received. */
export interface RawAnswer {
  /** 0 if the connection was closed without an answer. */
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

/** What a client does in addition to writing. */
interface RawOptions {
  /** Also ends the client's own side. */
  readonly finish?: boolean;
}

/** Writes bytes and reads until the server closes. */
export async function rawRequest(
  url: string,
  text: string | Uint8Array,
  options: RawOptions = {},
): Promise<RawAnswer> {
  const { bytes, wasReset } = await exchange(url, text, options);
  return { ...parseAnswer(bytes.toString("latin1")), wasReset };
}

/** The same, and parses every answer except interim ones. */
export async function rawAnswers(
  url: string,
  text: string | Uint8Array,
  options: RawOptions = {},
): Promise<{ readonly answers: readonly Omit<RawAnswer, "wasReset">[]; readonly wasReset: boolean }> {
  const { bytes, wasReset } = await exchange(url, text, options);
  const answers: Omit<RawAnswer, "wasReset">[] = [];
  for (let rest = bytes.toString("latin1"); rest !== "";) {
    const answer = parseAnswer(rest);
    const bodyStart = rest.indexOf("\r\n\r\n") + 4;
    const isInterim = answer.status >= 100 && answer.status < 200;
    const bodyEnd = bodyStart + (isInterim ? 0 : bodyLength(answer));
    if (!isInterim) answers.push({ ...answer, body: rest.slice(bodyStart, bodyEnd) });
    rest = rest.slice(bodyEnd);
  }
  return { answers, wasReset };
}

function bodyLength({ status, headers, body }: Omit<RawAnswer, "wasReset">): number {
  if (status === 204 || status === 304) return 0;
  if (headers["content-length"] !== undefined) return Number(headers["content-length"]);
  const lastChunk = "0\r\n\r\n";
  const end = headers["transfer-encoding"] === "chunked" ? body.indexOf(lastChunk) : -1;
  return end < 0 ? body.length : end + lastChunk.length;
}

async function exchange(
  url: string,
  text: string | Uint8Array,
  { finish = false }: RawOptions,
): Promise<{ readonly bytes: Buffer; readonly wasReset: boolean }> {
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
  return { bytes: Buffer.concat(chunks), wasReset };
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
