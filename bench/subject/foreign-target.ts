import { messageOf, StreamCsvError } from "../../src/ground.ts";
import { portOf } from "../http/port-of.ts";
import { readExport } from "../load/read-export.ts";
import { isGoodStatus } from "../load/response-head.ts";
import { untilIdle } from "../probe/until-idle.ts";
import { answerText, askOnce, isReadyAnswer } from "../probe/until-ready.ts";
import { findListener } from "../probe/listener.ts";
import { hasProcFiles } from "../probe/proc-file.ts";
import { processTree } from "../probe/process-tree.ts";
import { tellsInsideNumbers } from "../probe/server-stats.ts";
import { findFreePort } from "./process/find-free-port.ts";
import { startServerProcess, type ServerProcess } from "./process/server-process.ts";
import type { BodyEquality, ExportRequest, RunningTarget, Target } from "./target.ts";
import type { TargetSpec } from "./target-spec.ts";
import { usualUrl } from "./target-settings.ts";
import { filled } from "./target-text.ts";
import { withoutPasswords } from "./without-passwords.ts";

/** Any server, started by a command or running already. */
export function foreignTarget(
  spec: TargetSpec,
  { equality = "bytes" }: { readonly equality?: BodyEquality } = {},
): Target {
  const { name, command, url, body, env, mostRows } = spec;
  const atStart = [command ?? "", ...Object.values(env)].join(" ").includes("{rows}");
  return {
    name,
    command: command === null ? null : withoutPasswords(command),
    url,
    isStreamCsv: false,
    takesRows: atStart || `${url} ${body ?? ""}`.includes("{rows}"),
    needsRowsAtStart: atStart,
    mostRows,
    // A server that runs already is the same for all; one that takes its port can run twice.
    canRunTwice: command === null || url.includes("{port}"),
    equality,
    start: async (signal, rows) => ({ ...(await startForeign(spec, rows, signal)), equality }),
  };
}

async function startForeign(spec: TargetSpec, rows: number, signal: AbortSignal): Promise<RunningTarget> {
  const port = spec.url.includes("{port}") ? await findFreePort() : 0;
  const urlFor = (count: number): URL => new URL(filled(spec.url, { port, rows: count }));
  const server = await startForeignServer(spec, { url: urlFor(rows), port, rows }, signal);
  // A server may listen at the other loopback address than the one that was guessed.
  const reached = new URL(server.origin);
  const isMoved = reached.hostname !== urlFor(rows).hostname && spec.url !== usualUrl;
  const form = { headers: isMoved ? { Host: urlFor(rows).host, ...spec.headers } : spec.headers };
  try {
    // First, because the command may end soon and leave its server running.
    const processes = await findProcesses(spec, server, reached);
    const abilities = await abilitiesOf(spec, reached, signal);
    const isIdle =
      processes.pid === null || (await untilIdle([processes.pid, ...(server.members ?? [])], signal));
    const notes = [...(abilities.notes ?? []), ...(isIdle ? [] : [neverIdle(spec)])];
    return {
      ...server,
      form,
      exportUrl: (_, request) => {
        const url = urlFor(request.rows);
        url.hostname = reached.hostname;
        return url;
      },
      exportForm: (request) => exportFormOf(spec, port, request),
      readyUrl: new URL(spec.ready, reached),
      ...processes,
      ...abilities,
      ...(notes.length === 0 ? {} : { notes }),
    };
  } catch (fault) {
    await server.stop();
    throw fault;
  }
}

function neverIdle({ name }: TargetSpec): string {
  return `${name} was still at work 5 s after it answered: what it does without being asked counts with its exports, and slows down other servers that are measured with it.`;
}

function exportFormOf(
  { method, body }: TargetSpec,
  port: number,
  { rows }: ExportRequest,
): { readonly method: string; readonly body: string | null } {
  return { method, body: body === null ? null : filled(body, { port, rows }) };
}

/** A server that has shown that it is ready; without a process when it ran already. */
type Ready = Omit<ServerProcess, "pid" | "members"> & Pick<RunningTarget, "pid" | "members">;

async function startForeignServer(
  spec: TargetSpec,
  { url, port, rows }: { readonly url: URL; readonly port: number; readonly rows: number },
  signal: AbortSignal,
): Promise<Ready> {
  const { name, command, headers, ready, readyTimeoutMs, cwd, env } = spec;
  // Not the export itself: the server would still be making it when the measurement begins.
  const answersAt = new URL(ready, url);
  if (command === null) {
    const answer = await askOnce(answersAt, { signal, headers, limitMs: readyTimeoutMs });
    signal.throwIfAborted();
    if (isReadyAnswer(answer)) {
      return { origin: url.origin, pid: null, lastWords: () => "", stop: () => Promise.resolve() };
    }
    throw new StreamCsvError(
      "SCSV_TARGET_NOT_READY",
      `The target "${name}" is not ready: ${answersAt.href} ${answerText(answer)}.`,
      { hint: "Start it first, or name another address with --ready." },
    );
  }
  if ((await askOnce(answersAt, { signal, headers })).state === "answered") {
    throw new StreamCsvError(
      "SCSV_TARGET_NOT_READY",
      `Something already answers at ${url.origin}, where the target "${name}" should be started.`,
      { hint: "End it, or put {port} into the command and address." },
    );
  }
  const line = filled(command, { port, rows });
  const others = otherLoopbacks(answersAt);
  const isGuessed = url.hostname === "localhost" || spec.url === usualUrl;
  return await startServerProcess({
    command: line,
    title: withoutPasswords(line),
    ...(cwd === null ? {} : { cwd }),
    env: Object.fromEntries(
      Object.entries(env).map(([variable, value]) => [variable, filled(value, { port, rows })]),
    ),
    answersAt: isGuessed ? others : [answersAt],
    elsewhere: isGuessed ? null : (others.find(({ host }) => host !== answersAt.host) ?? null),
    headers,
    readyTimeoutMs,
    signal,
  });
}

/** The same address at both loopback addresses; empty for a host that is neither. */
function otherLoopbacks(url: URL): readonly URL[] {
  if (!["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)) return [];
  return ["127.0.0.1", "[::1]"].map((hostname) => Object.assign(new URL(url), { hostname }));
}

/** The most bytes of an answer to a short request; a server may answer everything with its export. */
const shortBytes = 1024;

/** Finds out whether a server reports inside numbers, and whether it answers short requests. */
async function abilitiesOf(
  { name, command, headers, ping = "/ping", stats }: TargetSpec,
  origin: URL,
  signal: AbortSignal,
): Promise<Pick<RunningTarget, "notes" | "pingUrl" | "pingProblem" | "statsUrl">> {
  const pingUrl = ping === null ? null : new URL(ping, origin);
  const statsUrl = stats === null ? null : new URL(stats, origin);
  const answer = pingUrl === null ? null : await askForShort(pingUrl, headers, signal);
  signal.throwIfAborted();
  return {
    pingUrl: answer?.problem === null ? pingUrl : null,
    ...(typeof answer?.problem === "string" ? { pingProblem: answer.problem } : {}),
    ...(answer?.isLong === true && command !== null
      ? {
          notes: [
            `${name} answers ${ping} with more than a short text, as if that were an export: it has worked before its idle memory is read, so its peak over idle may be too small. Give it a short answer there.`,
          ],
        }
      : {}),
    statsUrl:
      statsUrl !== null && (await tellsInsideNumbers(statsUrl, signal, { headers })) ? statsUrl : null,
  };
}

/** What came of asking for a short answer. */
interface ShortAnswer {
  /** Why it is none, as a sentence; null when it is one. */
  readonly problem: string | null;
  /** Whether it is a good answer that is too long. */
  readonly isLong: boolean;
}

async function askForShort(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ShortAnswer> {
  const limits = { leaveAfterBytes: shortBytes + 1, idleTimeoutMs: 5000 };
  return await readExport(url, { signal, headers, ...limits }).then(
    ({ head, bodyBytes }) => {
      const isLong = isGoodStatus(head.statusCode) && bodyBytes > shortBytes;
      if (isLong) return { problem: `${url.pathname} answers with more than ${shortBytes} bytes.`, isLong };
      if (isGoodStatus(head.statusCode)) return { problem: null, isLong };
      const place = head.headers.get("location");
      const redirect = place === undefined ? "" : `, a redirect to ${place}`;
      return { problem: `${url.pathname} answered ${head.statusCode}${redirect}.`, isLong };
    },
    (fault: unknown) => ({ problem: messageOf(fault), isLong: false }),
  );
}

/**
 * Whether the process that listens is among those that were started. One that isn't (a container, a service, a daemon)
 * would be reported with no memory and no CPU time.
 */
async function findProcesses(
  { name }: TargetSpec,
  { pid, members = [] }: Ready,
  reached: URL,
): Promise<Pick<RunningTarget, "pid" | "hiddenBecause">> {
  // Without /proc it isn't known which process listens, so the started ones are taken for it.
  if (pid === null || !hasProcFiles) return { pid };
  const port = portOf(reached);
  const listener = await findListener(port, await processTree(pid, ...members));
  if (listener.place === "inside") return { pid };
  const where =
    listener.place === "none"
      ? `No process of this machine shows that it listens at port ${port}`
      : `The process that listens at port ${port}${listener.pid === null ? "" : ` (${listener.pid})`} is not among those that the command started`;
  const hiddenBecause = `${where}, as with a container or a service: memory and CPU time of ${name} are left out.`;
  return { pid: null, hiddenBecause };
}
