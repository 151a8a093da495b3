import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** What s3rver has of what is used here; it comes without types. */
interface S3rver {
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
}
const require = createRequire(import.meta.url);
const S3rver = require("@20minutes/s3rver") as new (options: object) => S3rver;

/** A request to the service. */
export interface S3Request {
  readonly action:
    | "AbortUpload"
    | "BeginUpload"
    | "Complete"
    | "Copy"
    | "CopyPart"
    | "Delete"
    | "Get"
    | "Head"
    | "ListUploads"
    | "Put"
    | "PutPart";
  readonly name: string;
  readonly bytes: number;
}

/**
 * What goes wrong with a request: `error` is a 503, `broken` a 500, and `denied` a 403, without it being done; `cut` resets the connection in
 * the middle of the request; `lost` does what is asked, but resets the connection instead of answering; `hang` never answers.
 */
export type S3Fault = "broken" | "cut" | "denied" | "error" | "hang" | "lost";

/** An S3 service of one's own. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
  /** All requests so far. */
  readonly requests: readonly S3Request[];
  /** Chooses faults; it may also do something else at a request. */
  onRequest: (request: S3Request) => S3Fault | undefined;
  /** Names of the objects in the bucket. */
  objects(): Promise<readonly string[]>;
  /** The bytes of an object. */
  contentOf(name: string): Promise<Buffer>;
  /** Names of the uploads in parts that haven't ended. */
  unfinished(): Promise<readonly string[]>;
}

/** Where the SDK finds credentials of s3rver, in this process and its children. */
const credentials = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" };

/**
 * Starts s3rver on a folder of its own, behind a proxy that makes faults. The proxy also does what S3 does and s3rver doesn't: it
 * refuses a body that isn't what was signed, lists and aborts uploads, and passes a request on only when it is whole, so that a
 * cut one leaves nothing.
 */
export async function startS3Server(): Promise<S3Server> {
  Object.assign(process.env, credentials);
  const directory = await mkdtemp(join(tmpdir(), "stream-csv-s3-"));
  const bucket = "exports";
  const options = { address: "127.0.0.1", port: 0, silent: true, vhostBuckets: false, directory };
  const s3rver = new S3rver({ ...options, configureBuckets: [{ name: bucket }] });
  const { port } = await s3rver.run();
  const uploads = join(directory, bucket, "._S3rver_uploads");
  const requests: S3Request[] = [];

  const server = createServer((req, res) => {
    const { socket } = req;
    answer(req, res, socket).catch(() => socket.destroy());
  });
  const service: S3Server = {
    endpoint: "",
    bucket,
    requests,
    onRequest: () => undefined,
    objects: async () => {
      const files = await readdir(join(directory, bucket), { recursive: true });
      const ending = "._S3rver_object";
      return files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
    },
    contentOf: (name) => readFile(join(directory, bucket, `${name}._S3rver_object`)),
    unfinished: async () => (await listed()).map(({ name }) => name),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await s3rver.close();
      await rm(directory, { recursive: true });
    },
  };

  async function answer(req: IncomingMessage, res: ServerResponse, socket: Socket): Promise<void> {
    const url = new URL(req.url ?? "", service.endpoint);
    const name = decodeURIComponent(url.pathname).slice(bucket.length + 2);
    const action = actionOf(req, url.searchParams);
    const length = Number(req.headers["content-length"] ?? 0);
    const request = { action, name, bytes: length };
    requests.push(request);
    const fault = service.onRequest(request);
    if (fault === "hang") return;
    if (fault === "cut") {
      let received = 0;
      req.on("data", (chunk: Buffer) => {
        received += chunk.byteLength;
        if (received >= length / 2) socket.resetAndDestroy();
      });
      return;
    }
    const body = Buffer.concat((await req.toArray()) as Buffer[]);
    if (fault === "error") return refuse(res, 503, "SlowDown", "Please reduce your request rate.");
    if (fault === "broken") return refuse(res, 500, "InternalError", "We encountered an internal error.");
    if (fault === "denied") return refuse(res, 403, "AccessDenied", "Access Denied.");
    const signed = req.headers["x-amz-content-sha256"];
    if (signed !== undefined && signed !== createHash("sha256").update(body).digest("hex"))
      return refuse(res, 400, "XAmzContentSHA256Mismatch", "The body isn't what was signed.");
    const id = url.searchParams.get("uploadId");
    if (id !== null && !existsSync(join(uploads, id)))
      return refuse(res, 404, "NoSuchUpload", "The upload isn't there.");
    if (action === "AbortUpload") {
      await rm(join(uploads, id ?? ""), { recursive: true });
      res.writeHead(204).end();
      return;
    }
    if (action === "ListUploads") {
      res.setHeader("Content-Type", "application/xml");
      res.end(await listUploads(url.searchParams.get("prefix") ?? ""));
      return;
    }
    const passed = httpRequest({
      port,
      host: "127.0.0.1",
      method: req.method,
      path: req.url,
      headers: req.headers,
      agent: false,
    });
    passed.end(body);
    const [response] = (await once(passed, "response")) as [IncomingMessage];
    if (fault === "lost") {
      await response.toArray();
      socket.resetAndDestroy();
      return;
    }
    res.writeHead(response.statusCode ?? 500, response.headers);
    await pipeline(response, res);
  }

  async function listUploads(prefix: string): Promise<string> {
    const entries = (await listed())
      .filter(({ name }) => name.startsWith(prefix))
      .map(
        ({ name, id, begunAt }) =>
          `<Upload><Key>${name}</Key><UploadId>${id}</UploadId><Initiated>${begunAt.toISOString()}</Initiated></Upload>`,
      );
    return `<?xml version="1.0" encoding="UTF-8"?><ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>${bucket}</Bucket><IsTruncated>false</IsTruncated>${entries.join("")}</ListMultipartUploadsResult>`;
  }

  /** The uploads in parts; one whose file is missing has just ended, and its folder is being removed. */
  async function listed(): Promise<
    readonly { readonly name: string; readonly id: string; readonly begunAt: Date }[]
  > {
    const found = [];
    for (const id of existsSync(uploads) ? await readdir(uploads) : []) {
      const file = join(uploads, id, "key");
      const name = await readFile(file, "utf8").catch(() => undefined);
      const stats = await stat(file).catch(() => undefined);
      if (name !== undefined && stats !== undefined) found.push({ name, id, begunAt: stats.mtime });
    }
    return found;
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  Object.assign(service, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return service;
}

function refuse(res: ServerResponse, status: number, code: string, message: string): void {
  res.writeHead(status, { "Content-Type": "application/xml" });
  res.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
}

function actionOf({ method, headers }: IncomingMessage, query: URLSearchParams): S3Request["action"] {
  const isCopy = headers["x-amz-copy-source"] !== undefined;
  const hasId = query.has("uploadId");
  if (method === "PUT") return hasId ? (isCopy ? "CopyPart" : "PutPart") : isCopy ? "Copy" : "Put";
  if (method === "POST") return hasId ? "Complete" : "BeginUpload";
  if (method === "DELETE") return hasId ? "AbortUpload" : "Delete";
  if (method === "HEAD") return "Head";
  return query.has("uploads") ? "ListUploads" : "Get";
}
