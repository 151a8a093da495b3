/**
 * Compares short answers with a bare `res.end("pong")` of `node:http`: through `send()`, with its options, as text and
 * as bytes, behind middleware that wraps the answer, and `GET /ping` of `serve`. It measures the processor
 * time of the server for each request, on 8 kept connections.
 *
 * Each server has its own process. They are loaded one after the other, in the reverse order in every other round, so
 * that other programs affect all of them. A share is the time of the bare answer to the same request, behind the same
 * middleware, divided by the contender's, the median of the rounds; 1 means that an answer costs no more than a bare one.
 *
 *     node dist/dev/micro/short-answers.js [rounds] [requests] [names, separated by commas]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { cpuSeconds, processTree } from "../../bench/probe/process-tree.ts";
import { median } from "../../bench/statistics/median.ts";
import { HttpResponse, send } from "../../src/index.ts";
import { startOwnServer } from "../load/harness/own-server.ts";

type Answer = (req: IncomingMessage, res: ServerResponse) => unknown;
type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

const require = createRequire(import.meta.url);
const session = (require("express-session") as (options: object) => Middleware)({
  secret: "s",
  resave: false,
  saveUninitialized: false,
});

const { signal } = new AbortController();
const options = { signal, minRateBytesPerSecond: 20_000, idleTimeoutMs: 60_000, onError: fail };
const pong = Buffer.from("pong");
const ping = "serve's /ping";

const bare: Answer = (_req, res) => res.end("pong");
const sent: Answer = (req, res) => send(new HttpResponse("pong"), req, res);

interface Variant {
  readonly answer: Answer;
  /** The variant that it is compared with. */
  readonly beside?: string;
}

const variants: Readonly<Record<string, Variant>> = {
  bare: { answer: bare },
  send: { answer: sent },
  "send of bytes": { answer: (req, res) => send(new HttpResponse(pong), req, res) },
  "send with options": { answer: (req, res) => send(new HttpResponse("pong"), req, res, options) },
  "bare, session": { answer: behindSession(bare), beside: "bare, session" },
  "send, session": { answer: behindSession(sent), beside: "bare, session" },
};

/** express-session reads `originalUrl`, which Express sets, and wraps `writeHead` and `end`. */
function behindSession(answer: Answer): Answer {
  return (req, res) => session(Object.assign(req, { originalUrl: req.url }), res, () => answer(req, res));
}

function fail(error: Error): never {
  throw error;
}

interface Contender {
  readonly name: string;
  readonly url: string;
  readonly beside: string;
  readonly pids: readonly number[];
  readonly microseconds: number[];
}

async function serve(name: string): Promise<void> {
  const server = createServer((req, res) => void variants[name]?.answer(req, res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  process.send?.(server.address());
  await once(process, "disconnect");
  server.close();
  server.closeAllConnections();
}

async function measure(rounds: number, requests: number, isAsked: (name: string) => boolean): Promise<void> {
  const children = Object.keys(variants)
    .filter(isAsked)
    .map((name) => ({
      name,
      child: fork(fileURLToPath(import.meta.url), ["serve", name]),
    }));
  await using own = await startOwnServer(["--workers", "1", "--log-level", "warn"]);
  const contenders: Contender[] = [];
  for (const { name, child } of children) {
    const [address]: { port: number }[] = await once(child, "message");
    const { beside = "bare" } = variants[name] ?? {};
    const url = `http://127.0.0.1:${address?.port}/`;
    contenders.push({ name, url, beside, pids: [child.pid ?? 0], microseconds: [] });
  }
  const pids = await processTree(own.pid);
  const url = `${own.origin}/ping`;
  if (isAsked(ping)) contenders.push({ name: ping, url, beside: "bare", pids, microseconds: [] });
  for (let round = -1; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const taken = await load(contender, requests);
      // The first round only warms up.
      if (round >= 0) contender.microseconds.push(taken);
    }
  }
  for (const { child } of children) child.disconnect();
  for (const { name, beside, microseconds } of contenders) {
    const others = contenders.find((contender) => contender.name === beside)?.microseconds ?? [];
    const shares = microseconds.map((taken, round) => (others[round] ?? Number.NaN) / taken);
    process.stdout.write(
      `${name.padEnd(18)} ${(median(microseconds) ?? Number.NaN).toFixed(1).padStart(6)} µs of CPU a request   ${(median(shares) ?? Number.NaN).toFixed(2)} of ${beside} (${Math.min(...shares).toFixed(2)} to ${Math.max(...shares).toFixed(2)})\n`,
    );
  }
}

/** The server's processor time for each request, in microseconds. */
async function load({ name, url, pids }: Contender, requests: number): Promise<number> {
  const before = await cpuSeconds(pids);
  const { non2xx, errors } = await autocannon({ url, connections: 8, amount: requests });
  if (non2xx + errors > 0) throw new Error(`${name}: ${non2xx + errors} requests failed`);
  return ((await cpuSeconds(pids)) - before) / (requests / 1e6);
}

const [rounds = "7", requests = "20000", names] = process.argv.slice(2);
const isAsked = (name: string): boolean => names?.split(",").includes(name) ?? true;
await (rounds === "serve" ? serve(requests) : measure(Number(rounds), Number(requests), isAsked));
