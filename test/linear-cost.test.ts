// Long because it is a table: every reader of a client's text, and its inputs.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  array,
  type Arbitrary,
  assert as assertProperty,
  constantFrom,
  option,
  property,
  record,
} from "fast-check";
import { StepCounter } from "./harness/step-counter.ts";

const counter = new StepCounter();
counter.start();
after(() => counter.stop());

// V8 counts only in code that is compiled from here on.
const { systemClock } = await import("../src/clock.ts");
const { negotiateCoding } = await import("../src/compression/negotiate-coding.ts");
const { openExport } = await import("../src/export/definition.ts");
const { exportParameters, readExportParameters } = await import("../src/export/parameters.ts");
const { planExport } = await import("../src/export/plan.ts");
const { parseCharset } = await import("../src/response/head/charset.ts");
const { formatCookie } = await import("../src/response/head/cookie.ts");
const { formatDisposition, guessContentType } = await import("../src/response/head/disposition.ts");
const { formatEntityTag, parseEntityTags } = await import("../src/response/head/entity-tag.ts");
const { parseHttpDate } = await import("../src/response/head/http-date.ts");
const { addToList, hasDirective, ResponseHeaders } = await import("../src/response/head/response-headers.ts");
const { checkStatusCode } = await import("../src/response/head/status.ts");
const { acceptsTrailers } = await import("../src/response/head/trailers.ts");
const { HttpResponse } = await import("../src/response/http-response.ts");
const { selectRange } = await import("../src/response/select-range.ts");
const { compress } = await import("../src/response/transform/compress.ts");
const { conditionalGet } = await import("../src/response/transform/conditional-get.ts");
const { malformedFault } = await import("../src/server/http/malformed-fault.ts");
const { identify } = await import("../src/server/http/request-identity.ts");
const { isAuthority } = await import("../src/server/worker/route/authority.ts");
const { readTarget } = await import("../src/server/worker/route/request-target.ts");
const { Router } = await import("../src/server/worker/route/router.ts");
const { parseByteSize, parseCount, parseDuration } = await import("../src/units.ts");

/** Node's limit of a head, and so of everything in it; and the server's limit of a path with its query. */
const headBytes = 16 * 1024;
const targetBytes = 8 * 1024;

/**
 * The most steps for each character, and the constant steps of a call. A quadratic reader would need 16,384 for each
 * character.
 */
const stepsPerCharacter = 200;
const fixedSteps = 20_000;

/** Shapes that each reader is given by chance, beside those that repeat one piece. */
const shapesWanted = Number(process.env["RANDOM_SHAPES"] ?? 12);

const wide = await openExport("wide");
const columnNames = wide.definition.columns.map(({ name }) => name).join(",");
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

type Readers = Readonly<Record<string, (text: string) => unknown>>;

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
  "columns of a wide export": (text) =>
    planExport(wide.definition, readExportParameters([["columns", `${columnNames.slice(0, -1)}${text}`]])),
  ...Object.fromEntries(
    exportParameters.map(({ name }) => [
      `the parameter ${name}`,
      (text: string) => planExport(wide.definition, readExportParameters([[name, text]])),
    ]),
  ),
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

/** Reads texts, and compares the steps for each with its length. */
function checkCost(read: (text: string) => unknown, texts: readonly string[]): void {
  const steps = counter.stepsOf(() => {
    for (const text of texts) tryRead(read, text);
  });
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const most = texts.length * fixedSteps + stepsPerCharacter * characters;
  assert.ok(steps <= most, `${steps} steps for ${characters} characters, and ${most} are allowed`);
}

/** A text may be refused, but only by a proper error. */
function tryRead(read: (text: string) => unknown, text: string): void {
  try {
    read(text);
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
const groupSize = 6;

function testCost(readers: Readers, limitBytes: number): void {
  const lengths = [4, 1].map((divisor) => limitBytes / divisor);
  for (const [name, read] of Object.entries(readers)) {
    test(`reads ${name} in steps that are bounded by its length, up to ${limitBytes} bytes`, () => {
      for (let first = 0; first < repeated.length; first += groupSize) {
        const group = repeated.slice(first, first + groupSize);
        checkCost(
          read,
          group.flatMap((shape) => lengths.map((length) => writeShape(shape, length))),
        );
      }
      assertProperty(
        property(shapeOf, (shape) => checkCost(read, [writeShape(shape, limitBytes)])),
        { numRuns: shapesWanted, endOnFailure: true },
      );
    });
  }
}

testCost(readersOfHeads, headBytes);
testCost(readersOfTargets, targetBytes);

test("finds a reader whose steps grow with the square", () => {
  const isDistinct = (text: string): boolean => {
    const names = text.split(",");
    return names.every((each, index) => names.indexOf(each) === index);
  };
  const text = Array.from({ length: targetBytes / 2 }, (_, index) => index).join(",");
  assert.throws(() => checkCost(isDistinct, [text]), /steps for/);
});
