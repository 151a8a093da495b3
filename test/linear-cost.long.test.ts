// Long because it is a table: every reader of a client's text, and its inputs.

import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import {
  array,
  type Arbitrary,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  option,
  record,
} from "fast-check";
import Negotiator from "negotiator";
import { pino } from "pino";
import { StepCounter } from "./harness/step-counter.ts";

const counter = new StepCounter();
counter.start();
after(() => counter.stop());

// V8 counts only in code that is compiled from here on.
const { systemClock } = await import("../src/clock.ts");
const { negotiateCoding } = await import("../src/compression/negotiate-coding.ts");
const { declareParameters } = await import("../src/export/declare-parameters.ts");
const { parameterTypes } = await import("../src/export/parameter-type.ts");
const { openExport } = await import("../src/export/definition.ts");
const { exportParameters, readExportParameters } = await import("../src/export/parameters.ts");
const { planExport } = await import("../src/export/plan.ts");
const { parseCharset } = await import("../src/response/head/charset.ts");
const { formatCookie } = await import("../src/response/head/cookie.ts");
const { formatDisposition } = await import("../src/response/head/disposition.ts");
const { guessContentType } = await import("../src/response/head/guess-content-type.ts");
const { formatEntityTag, parseEntityTags } = await import("../src/response/head/entity-tag.ts");
const { parseHttpDate } = await import("../src/response/head/http-date.ts");
const { addToList, hasDirective, ResponseHeaders } = await import("../src/response/head/response-headers.ts");
const { checkStatusCode } = await import("../src/response/head/status.ts");
const { acceptsTrailers } = await import("../src/response/head/trailers.ts");
const { HttpResponse } = await import("../src/response/http-response.ts");
const { selectRange } = await import("../src/response/select-range.ts");
const { compress } = await import("../src/response/transform/compress.ts");
const { conditionalGet } = await import("../src/response/transform/conditional-get.ts");
const { AccessControl } = await import("../src/server/access/access-control.ts");
const { everyone } = await import("../src/server/access/caller.ts");
const { requireAllowedHost, requireOwnSite } = await import("../src/server/access/request-origin.ts");
const { isGoodLink } = await import("../src/server/access/signed-link.ts");
const { digestOf } = await import("../src/server/access/token-book.ts");
const { malformedFault } = await import("../src/server/http/malformed-fault.ts");
const { identify } = await import("../src/server/http/request-identity.ts");
const { isAuthority } = await import("../src/server/worker/route/authority.ts");
const { receiveBody } = await import("../src/server/http/request-body.ts");
const { readForm } = await import("../src/server/worker/route/read-form.ts");
const { readPairs, readTarget } = await import("../src/server/worker/route/request-target.ts");
const { prefersAsync } = await import("../src/server/worker/route/submit-job.ts");
const { Router } = await import("../src/server/worker/route/router.ts");
const { parseByteSize, parseCount, parseDuration } = await import("../src/units.ts");

/** Node's limit of a head, and so of everything in it; and the server's limits of a path with its query, and of a form. */
const headBytes = 16 * 1024;
const targetBytes = 8 * 1024;
const formBytes = 64 * 1024;

/**
 * The most steps for each character, and the constant steps of a call. A quadratic reader would need 16,384 for each
 * character.
 */
const stepsPerCharacter = 200;
const fixedSteps = 20_000;

/**
 * Each text is read at these parts of the longest length. Twice the length may cost no more than this many times the steps,
 * unless there are few steps for each character. The square is four times.
 */
const lengthParts = [4, 2, 1];
const mostGrowth = 2.5;
const fewSteps = 8;

/** Shapes that each reader is given by chance, beside those that repeat one piece. */
const shapesWanted = Number(process.env["RANDOM_SHAPES"] ?? 12);

const wide = await openExport("wide");
const columnNames = (wide.definition.columns ?? []).map(({ name }) => name).join(",");
const router = new Router([
  { methods: ["GET"], path: "/exports/:file", handler: () => assert.fail("called") },
  { methods: ["GET", "DELETE"], path: "/transfers/:id", handler: () => assert.fail("called") },
]);
const rangeHeaders = new ResponseHeaders({
  "Accept-Ranges": "bytes",
  ETag: '"a"',
  "Last-Modified": "Tue, 01 Jan 2030 00:00:00 GMT",
});

function conditional(name: string, text: string): void {
  const response = new HttpResponse("a", {
    headers: { ETag: '"a"', "Last-Modified": rangeHeaders.get("last-modified") ?? "" },
  });
  conditionalGet()({ method: "GET", headers: { [name]: text } }, response);
}

const key = { id: "k", secret: "s".repeat(32) };
const access = new AccessControl(
  {
    tokens: [{ name: "a", sha256: digestOf("secret").toString("hex") }],
    links: { keys: [key] },
    // Nobody listens there; only a token whose header is right would have its keys fetched.
    auth: { jwt: { jwks: "http://127.0.0.1:1/keys", issuer: "https://a.example", audience: "b" } },
  },
  pino({ enabled: false }),
  systemClock,
);

function admit(authorization: string | undefined, formToken: string | null = null): Promise<unknown> {
  const headers = authorization === undefined ? {} : { authorization };
  const req = { method: "GET", headers, rawHeaders: ["Host", "a.example"] };
  return access.admit("caller", { req, path: "/", query: new URLSearchParams(), formToken }, 0);
}

function followLink(path: string, ...parameters: readonly (readonly [string, string])[]): void {
  const query = [...parameters, ["expires", "1"], ["key", "k"], ["signature", "A".repeat(43)]];
  isGoodLink(path, new URLSearchParams(query as [string, string][]), [key], 0);
}

const declared = declareParameters(
  "sales",
  Object.fromEntries(
    parameterTypes.flatMap((type) => [
      [`one_${type}`, { type, optional: true }],
      [`list_${type}`, { type, optional: true, list: true }],
    ]),
  ),
);
const regions = declareParameters("sales", {
  region: { type: "text", oneOf: ["north", "south", "east", "west"], list: true, optional: true },
});

/** A request whose body is a form. */
function formRequest(contentType: string, text: string): IncomingMessage {
  const body = Readable.from([Buffer.from(text)]);
  const req = Object.assign(body, { headers: { "content-type": contentType } }) as unknown as IncomingMessage;
  receiveBody(req, formBytes);
  return req;
}

type Readers = Readonly<Record<string, (text: string) => unknown>>;

const anyHost = { allowedHosts: null, isLocal: false };

/** Readers of headers that a client sends, or that a server may repeat in its own. */
const readersOfHeads: Readers = {
  Range: (text) => selectRange({ headers: { range: text } }, rangeHeaders, 1000),
  "Range behind its unit": (text) => selectRange({ headers: { range: `bytes=${text}` } }, rangeHeaders, 1000),
  "If-Range": (text) =>
    selectRange({ headers: { range: "bytes=0-1", "if-range": text } }, rangeHeaders, 1000),
  "If-Match": (text) => conditional("if-match", text),
  "If-None-Match": (text) => conditional("if-none-match", text),
  "If-Modified-Since": (text) => conditional("if-modified-since", text),
  "If-Unmodified-Since": (text) => conditional("if-unmodified-since", text),
  "a date": (text) => parseHttpDate(text, 0),
  "a list of entity tags": parseEntityTags,
  "an entity tag of one's own": formatEntityTag,
  "Accept-Encoding": (text) => negotiateCoding(text),
  "Accept-Encoding, through compress()": (text) =>
    compress()({ headers: { "accept-encoding": text } }, new HttpResponse("a".repeat(300))),
  Host: (text) =>
    requireAllowedHost({ headers: { host: text } }, { allowedHosts: ["a.example", "[::1]"], isLocal: false }),
  "Host of this machine": (text) =>
    requireAllowedHost({ headers: { host: text } }, { allowedHosts: null, isLocal: true }),
  "the host of a whole URL": (text) =>
    requireAllowedHost(
      { headers: {}, url: `http://${text}/` },
      { allowedHosts: ["a.example"], isLocal: false },
    ),
  Origin: (text) => requireOwnSite({ method: "POST", headers: { origin: text, host: "a.example" } }, anyHost),
  "Origin behind its scheme": (text) =>
    requireOwnSite({ method: "POST", headers: { origin: `https://${text}`, host: text } }, anyHost),
  "Origin behind a proxy": (text) =>
    requireOwnSite(
      { method: "POST", headers: { origin: `https://${text}`, "sec-fetch-site": "same-origin" } },
      { allowedHosts: ["a.example", "[::1]"], isLocal: true },
    ),
  "Sec-Fetch-Site": (text) =>
    requireOwnSite({ method: "POST", headers: { "sec-fetch-site": text } }, anyHost),
  Authorization: (text) => admit(text),
  "a bearer token": (text) => admit(`Bearer ${text}`),
  "a user and password": (text) => admit(`Basic ${text}`),
  "a token like a JWT": (text) => admit(`Bearer eyJ${text}`),
  "the payload of a JWT": (text) => admit(`Bearer eyJhbGciOiJSUzI1NiJ9.${text}.c2ln`),
  "the signature of a JWT": (text) => admit(`Bearer eyJhbGciOiJub25lIn0.e30.${text}`),
  Accept: (text) =>
    new Negotiator({ headers: { accept: text } }).mediaType(["application/problem+json", "text/html"]),
  Prefer: (text) =>
    prefersAsync({
      method: "GET",
      headers: { prefer: text },
      caller: everyone,
    } as unknown as Parameters<typeof prefersAsync>[0]),
  "the type of a form": (text) => readForm(formRequest(text, "a=b"), { parameterCount: 1 }),
  TE: (text) => acceptsTrailers({ headers: { te: text } }),
  "X-Request-Id": (text) => identify({ "x-request-id": text }),
  traceparent: (text) => identify({ traceparent: text }),
  "the version and rest of a traceparent": (text) =>
    identify({ traceparent: `01-${"a".repeat(32)}-${"b".repeat(16)}-01-${text}` }),
  "bytes that are not a request": (text) =>
    malformedFault(
      Object.assign(new Error("Parse Error"), {
        code: "HPE_INVALID_METHOD",
        rawPacket: Buffer.from(text, "latin1"),
        bytesParsed: 1,
      }),
    ),
  "a size": parseByteSize,
  "a duration": parseDuration,
  "a count": parseCount,
  "a status": checkStatusCode,
  "the value of a header": (text) => new ResponseHeaders().set("X-Echo", text),
  "the name of a header": (text) => new ResponseHeaders().set(text, "a"),
  "a header that is a list": (text) => addToList(new ResponseHeaders({ Vary: text }), "Vary", "Accept"),
  "directives of a header": (text) => hasDirective(text, "no-store"),
  "the charset of a type": parseCharset,
  "the charset of a type, behind its name": (text) => parseCharset(`text/csv; charset=${text}`),
  "a reason phrase": (text) => new HttpResponse("", { reasonPhrase: text }),
  "the value of a cookie": (text) => formatCookie("a", text, {}, systemClock),
  "the name of a cookie": (text) => formatCookie(text, "a", {}, systemClock),
  "the path of a cookie": (text) => formatCookie("a", "a", { path: text }, systemClock),
  "the name of a file": (text) => formatDisposition(text, true),
  "the type of a file": guessContentType,
};

/** Readers of a path, a query and its parameters. */
const readersOfTargets: Readers = {
  "a request target": (text) => readTarget(text, { targetBytes, parameterCount: targetBytes }),
  "a query": (text) => readTarget(`/?${text}`, { targetBytes: targetBytes + 2, parameterCount: targetBytes }),
  "the host of a URL": (text) =>
    readTarget(`http://${text}/`, { targetBytes: targetBytes + 8, parameterCount: 1 }),
  "a Host line": isAuthority,
  "an address in a Host line": (text) => isAuthority(`[${text}]`),
  "a path": (text) => router.find(`/${text}`).match("GET"),
  "the name of an export": (text) => router.find(`/exports/${text}.csv`).match("GET"),
  "the id of a transfer": (text) => router.find(`/transfers/${text}`).match("DELETE"),
  "the name of a parameter": (text) => readExportParameters([[text, ""]]),
  "the signature of a link": (text) => followLink("/exports/a.csv", ["signature", text]),
  "the expiry of a link": (text) => followLink("/exports/a.csv", ["expires", text]),
  "the key of a link": (text) => followLink("/exports/a.csv", ["key", text]),
  "a parameter of a link": (text) => followLink("/exports/a.csv", ["a", text.toWellFormed()]),
  "the parameters of a link": (text) =>
    followLink(
      "/exports/a.csv",
      ...text
        .toWellFormed()
        .split("&")
        .map((pair) => [pair, ""] as const),
    ),
  "the path of a link": (text) => followLink(`/exports/${encodeURI(text.toWellFormed())}`),
  ...Object.fromEntries(
    declared.map(({ name }) => [
      `the declared parameter ${name}`,
      (text: string) => readExportParameters([[name, text]], undefined, declared),
    ]),
  ),
  "a declared parameter of few values": (text) =>
    readExportParameters([["region", text]], undefined, regions),
  "a declared parameter many times": (text) =>
    readExportParameters(
      text.split(",").map((item) => ["list_text", item] as const),
      undefined,
      declared,
    ),
  "columns of a wide export": (text) =>
    planExport(wide.definition, readExportParameters([["columns", `${columnNames.slice(0, -1)}${text}`]])),
  ...Object.fromEntries(
    exportParameters.map(({ name }) => [
      `the parameter ${name}`,
      (text: string) => planExport(wide.definition, readExportParameters([[name, text]])),
    ]),
  ),
};

/** Readers of the body of a form. */
const readersOfForms: Readers = {
  "a form": (text) =>
    readForm(formRequest("application/x-www-form-urlencoded", text), { parameterCount: formBytes }),
  "the pairs of a form": (text) => readPairs(text, formBytes),
  "a token in a form": (text) => admit(undefined, text),
};

/** Pieces of valid inputs, so that a text gets far before it fails. */
const pieces = [
  ...` \t,;="\\-_/?&+%:.*'()<>#@|~0a\u00e9\0\r\n`.split(""),
  "bytes=",
  "0-",
  "-0",
  "W/",
  '"a"',
  '"a",',
  '","',
  '\\"',
  "; ",
  ", ",
  ";q=0",
  ";q=0.5,",
  "gzip",
  "x-gzip,",
  "*;q=",
  "trailers",
  "00-",
  "%41",
  "%",
  "a=",
  "&a=b",
  "//",
  "../",
  "http://",
  "GMT",
  "Sun, ",
  "06 Nov",
  " 1994",
  "charset=",
  ';charset="',
  "no-store",
  "a.csv",
  "\ud800",
  "\u{1f600}",
  "respond-async",
  "text/html",
  ";q=0.9,",
  "Bearer ",
  "eyJ",
  "[::1]",
  ":80",
  "https://",
  "2026-11-28",
  "T14:05:09Z",
  '"",',
  "a ",
  " a",
  "HTTP/1.1",
  "GET ",
  "1.",
  "1e",
  "k",
  "ms",
];

const unitOf = array(constantFrom(...pieces), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(""));
const endOf = array(constantFrom(...pieces), { maxLength: 3 }).map((parts) => parts.join(""));
const shapeOf = record({
  start: endOf,
  unit: unitOf,
  middle: endOf,
  second: option(unitOf),
  end: endOf,
});
type Shape = typeof shapeOf extends Arbitrary<infer S> ? S : never;

/** A text of about that length: a start, one or two pieces repeated, and an end that may make it invalid. */
function writeShape({ start, unit, middle, second, end }: Shape, length: number): string {
  const half = second === null ? length : length / 2;
  const rest = second === null ? "" : second.repeat(Math.ceil(half / second.length));
  return `${start}${unit.repeat(Math.ceil(half / unit.length))}${middle}${rest}${end}`.slice(0, length);
}

/** Reads texts of each shape, and compares the steps with the lengths, and with those for half the length. */
async function checkCost(
  read: (text: string) => unknown,
  shapes: readonly Shape[],
  limitBytes: number,
  ofLimit = lengthParts,
): Promise<void> {
  let before = Number.POSITIVE_INFINITY;
  for (const part of ofLimit) {
    const texts = shapes.map((shape) => writeShape(shape, limitBytes / part));
    const steps = await counter.stepsOf(async () => {
      for (const text of texts) await tryRead(read, text);
    });
    const characters = texts.reduce((sum, text) => sum + text.length, 0);
    const most = texts.length * fixedSteps + stepsPerCharacter * characters;
    assert.ok(steps <= most, `${steps} steps for ${characters} characters, and ${most} are allowed`);
    const mostByGrowth = Math.max(
      mostGrowth * before,
      fewSteps * characters + (texts.length * fixedSteps) / 20,
    );
    assert.ok(
      steps <= mostByGrowth,
      `${steps} steps for ${characters} characters, and ${before} for half of them`,
    );
    before = steps;
  }
}

/** A text may be refused, but only by a proper error. */
async function tryRead(read: (text: string) => unknown, text: string): Promise<void> {
  try {
    await read(text);
  } catch (error) {
    assert.ok(
      error instanceof Error && "code" in error && String(error.code).startsWith("SCSV_"),
      String(error),
    );
  }
}

const repeated: readonly Shape[] = pieces.map((unit) => ({
  start: "",
  unit,
  middle: "",
  second: null,
  end: "x",
}));

/** Reading the counters takes longer than most readers do. The square of one text is more than what a group may cost. */
const groupSize = 12;

function testCost(readers: Readers, limitBytes: number): void {
  for (const [name, read] of Object.entries(readers)) {
    test(`reads ${name} in steps that are bounded by its length, and grow with it, up to ${limitBytes} bytes`, async () => {
      for (let first = 0; first < repeated.length; first += groupSize)
        await checkCost(read, repeated.slice(first, first + groupSize), limitBytes);
      await assertProperty(
        asyncProperty(shapeOf, (shape) => checkCost(read, [shape], limitBytes, lengthParts.slice(-2))),
        { numRuns: shapesWanted, endOnFailure: true },
      );
    });
  }
}

testCost(readersOfHeads, headBytes);
testCost(readersOfTargets, targetBytes);
testCost(readersOfForms, formBytes);

const plain: Shape = { start: "", unit: "ab,", middle: "", second: null, end: "" };

test("finds a reader whose steps grow with the square", async () => {
  const isDistinct = (text: string): boolean => {
    const names = Array.from({ length: text.length / 2 }, (_, index) => String(index));
    return names.every((each, index) => names.indexOf(each) === index);
  };
  await assert.rejects(checkCost(isDistinct, [plain], targetBytes), /steps for/);
});

test("finds a reader by its growth whose steps are few", async () => {
  // One of 64 characters looks at all of them: at most 128 steps for each.
  const looksBack = (text: string): boolean => {
    let found = true;
    for (let at = 0; at < text.length; at += 64) found &&= text.indexOf("z") < 0;
    return found;
  };
  await assert.rejects(checkCost(looksBack, [plain], targetBytes), /for half of them$/);
});
