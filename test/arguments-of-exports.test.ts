// Long because it is a table: every export of the package, and what each of its arguments and options may be.

import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { inspect } from "node:util";
import * as api from "../src/index.ts";

/** Values of every type, as an untyped program may pass them. */
const values: readonly unknown[] = [
  undefined,
  null,
  true,
  5,
  5n,
  -1,
  1.5,
  Number.NaN,
  "x",
  "",
  Symbol("s"),
  {},
  [],
  new Date(0),
  () => 1,
];

/** Whether the type of a value is right. A value of the right type may be refused for another reason. */
type IsRight = (value: unknown) => boolean;

/** A place for a value: an argument, an option, or a part of one. */
type Place = readonly [name: string, act: (value: never) => unknown, isRight: IsRight];

const nothing: IsRight = () => false;
const anything: IsRight = () => true;
const text: IsRight = (value) => typeof value === "string";
const number: IsRight = (value) => typeof value === "number";
const fromZero: IsRight = (value) => typeof value === "number" && value >= 0;
const flag: IsRight = (value) => typeof value === "boolean";
const called: IsRight = (value) => typeof value === "function";
const list: IsRight = Array.isArray;
const object: IsRight = (value) => typeof value === "object" && value !== null;
/** Also a list, and the other objects that may have options as properties. */
const either =
  (...rights: readonly IsRight[]): IsRight =>
  (value) =>
    rights.some((isRight) => isRight(value));
const optional = (isRight: IsRight): IsRight => either(isRight, (value) => value === undefined);

type Rights<T> = Readonly<Record<keyof T, IsRight>>;

/** The places of options: the object itself, each option of its type, and one that doesn't exist. */
function options<T>(act: (given: never) => unknown, rights: Rights<T>): readonly Place[] {
  const isObject: IsRight = (value) => object(value) && !list(value);
  return [
    ["the options", act, optional(isObject)],
    ...Object.entries<IsRight>(rights).map(([name, isRight]): Place => [
      name,
      (value) => act({ [name]: value } as never),
      optional(isRight),
    ]),
    ["an option that doesn't exist", (value) => act({ statuscod: value } as never), nothing],
  ];
}

const responseOptions: Rights<api.ResponseOptions> = {
  // Text of digits is a status too.
  statusCode: either(number, text),
  reasonPhrase: text,
  contentType: text,
  charset: text,
  headers: object,
  onError: called,
  clock: nothing,
};
const streamingOptions: Rights<api.StreamingResponseOptions> = { ...responseOptions, trailers: nothing };
const fileOptions: Rights<api.FileResponseOptions> = {
  ...streamingOptions,
  filename: text,
  asAttachment: flag,
};
const dialectOptions: Rights<api.DialectOptions> = {
  delimiter: text,
  quote: text,
  recordDelimiter: text,
  header: flag,
  bom: flag,
  quoting: text,
  nullValue: text,
  decimalSeparator: text,
  nonFinite: text,
  formulas: text,
  timestamps: text,
  textNumbers: text,
};
const csvOptions: Rights<api.CsvOptions> = {
  ...dialectOptions,
  columns: list,
  dialect: either(text, object),
};
const cookieOptions: Rights<api.CookieOptions> = {
  maxAge: number,
  expires: either(text, (value) => value instanceof Date),
  path: text,
  domain: text,
  secure: flag,
  httpOnly: flag,
  sameSite: text,
  partitioned: flag,
  encode: called,
};

const isBody = either(text, list, called);
const isChunk: IsRight = (value) => text(value) || number(value) || typeof value === "bigint";

const request = (): api.RequestHead => ({ method: "GET", headers: {} });
const buffered = (): api.HttpResponse => new api.HttpResponse("x");
const streamed = (): api.StreamingHttpResponse => new api.StreamingHttpResponse(["x"]);

/** The request and response of a connection that is open and takes nothing. */
function pair(): readonly [IncomingMessage, ServerResponse] {
  const req = new IncomingMessage(new Socket());
  Object.assign(req, { method: "GET", httpVersionMajor: 1, httpVersionMinor: 1 });
  return [req, new ServerResponse(req)];
}

class OwnResponse extends api.HttpResponseBase {
  readonly streaming = false;
}

const lockedStream = (): ReadableStream<never> => {
  const stream = new ReadableStream<never>();
  stream.getReader();
  return stream;
};

/** The places of a transform: the request, its parts, and the response. */
function transform(make: () => api.ResponseTransform, readsRequest: boolean): readonly Place[] {
  const places: readonly Place[] = [
    ["the request", (value) => make()(value, buffered()), nothing],
    ["headers in the request", (value) => make()({ headers: value }, buffered()), object],
    ["method in the request", (value) => make()({ headers: {}, method: value }, buffered()), optional(text)],
  ];
  return [...(readsRequest ? places : []), ["the response", (value) => make()(request(), value), nothing]];
}

const oneColumn = [{ name: "a" }];
const oneBatch: api.Batch = { rowCount: 1, columns: [{ kind: "text", values: ["x"] }] };
const encoder = (): api.CsvEncoder => new api.CsvEncoder(oneColumn, api.dialects.unix);

/** What can be passed to each export. The type demands every export, and every option of an export. */
const places: Readonly<Record<keyof typeof api, readonly Place[]>> = {
  dialects: [],
  StreamCsvError: [
    ["the code", (value) => new api.StreamCsvError(value, "a"), nothing],
    ["the message", (value) => new api.StreamCsvError("SCSV_CANCELLED", value), text],
    ["the details", (value) => new api.StreamCsvError("SCSV_CANCELLED", "a", value), optional(object)],
    ...Object.entries({
      row: number,
      column: text,
      parameter: text,
      hint: text,
      retryAfterSeconds: number,
      cause: anything,
    } satisfies Rights<api.FaultDetails>).map(([name, isRight]): Place => [
      name,
      (value) => new api.StreamCsvError("SCSV_CANCELLED", "a", { [name]: value }),
      optional(isRight),
    ]),
  ],
  BadHeaderError: [
    ["the message", (value) => new api.BadHeaderError(value), text],
    ["the details", (value) => new api.BadHeaderError("a", value), optional(object)],
  ],
  NotWritableError: [
    ["the class", (value) => new api.NotWritableError(value, "a"), text],
    ["the method", (value) => new api.NotWritableError("a", value), text],
  ],
  CsvEncoder: [
    ["the columns", (value) => new api.CsvEncoder(value), list],
    ["a column", (value) => new api.CsvEncoder([value]), nothing],
    ["name in a column", (value) => new api.CsvEncoder([{ name: value }]), text],
    ["the dialect", (value) => new api.CsvEncoder(oneColumn, value), optional(nothing)],
    ...Object.entries({
      ...dialectOptions,
      name: text,
      booleans: nothing,
    } satisfies Rights<api.Dialect>).map(([name, isRight]): Place => [
      `${name} in the dialect`,
      (value) => new api.CsvEncoder(oneColumn, { ...api.dialects.unix, [name]: value }),
      isRight,
    ]),
    ["the encoder", (value) => new api.CsvEncoder(oneColumn, api.dialects.unix, value), optional(nothing)],
    [
      "the memory",
      (value) => new api.CsvEncoder(oneColumn, api.dialects.unix, "fast", value),
      optional(nothing),
    ],
    [
      "take in the memory",
      (value) => new api.CsvEncoder(oneColumn, api.dialects.unix, "fast", { take: value }),
      called,
    ],
    ["encode: the batch", (value) => encoder().encode(value), nothing],
    ["encode: rowCount", (value) => encoder().encode({ ...oneBatch, rowCount: value }), fromZero],
    ["encode: columns", (value) => encoder().encode({ rowCount: 1, columns: value }), list],
    ["encode: a column", (value) => encoder().encode({ rowCount: 1, columns: [value] }), nothing],
    [
      "encode: kind of a column",
      (value) => encoder().encode({ rowCount: 1, columns: [{ kind: value, values: [] }] }),
      nothing,
    ],
    ["encode: from", (value) => encoder().encode(oneBatch, value), optional(number)],
    ["encode: to", (value) => encoder().encode(oneBatch, 0, value), optional(number)],
  ],
  openSource: [
    ["the path", (value) => api.openSource(value), text],
    ...options<api.OpenOptions>((given) => api.openSource("none.csv", given), {
      delimiter: text,
      quote: either(text, (value) => value === null),
      header: flag,
      encoding: text,
      nullValue: text,
      skipRows: number,
      table: text,
      importer: called,
    }),
  ],
  rowsSource: [
    ["the rows", (value) => api.rowsSource(value), either(list, called)],
    ["a locked stream", () => api.rowsSource(lockedStream()), nothing],
    ...options<api.RowsOptions>((given) => api.rowsSource([], given), { columns: list, name: text }),
    ["a column", (value) => api.rowsSource([], { columns: [value] }), text],
  ],
  csvChunks: [
    ["the rows", (value) => api.csvChunks(value), either(list, called)],
    ["a locked stream", () => api.csvChunks(lockedStream()), nothing],
    ...options<api.CsvChunksOptions>((given) => api.csvChunks([], given), {
      ...csvOptions,
      signal: nothing,
    }),
    ["a column", (value) => api.csvChunks([], { columns: [value] }), text],
    ["name of a dialect", (value) => api.csvChunks([], { dialect: { name: value } }), optional(text)],
    [
      "an option of a dialect that doesn't exist",
      (value) => api.csvChunks([], { dialect: { delimeter: value } as never }),
      nothing,
    ],
    ["key of a column", (value) => api.csvChunks([], { columns: [{ key: value }] }), text],
    [
      "header of a column",
      (value) => api.csvChunks([], { columns: [{ key: "a", header: value }] }),
      optional(text),
    ],
  ],
  csvResponse: [
    ["the rows", (value) => api.csvResponse(value), either(list, called)],
    ["a locked stream", () => api.csvResponse(lockedStream()), nothing],
    ...options<api.CsvResponseOptions>((given) => api.csvResponse([], given), {
      ...csvOptions,
      ...streamingOptions,
      filename: text,
    }),
  ],
  HttpResponseBase: [
    ["the options", (value) => new OwnResponse(value), optional(object)],
    ...Object.entries(responseOptions).map(([name, isRight]): Place => [
      name,
      (value) => new OwnResponse({ [name]: value }),
      optional(isRight),
    ]),
    ["statusCode", (value) => (buffered().statusCode = value), either(number, text)],
    ["reasonPhrase", (value) => (buffered().reasonPhrase = value), text],
    ["charset", (value) => (buffered().charset = value), text],
    ["setCookie: the name", (value) => buffered().setCookie(value, "a"), text],
    ["setCookie: the value", (value) => buffered().setCookie("a", value), text],
    ...options<api.CookieOptions>((given) => buffered().setCookie("a", "b", given), cookieOptions),
    ["deleteCookie: the name", (value) => buffered().deleteCookie(value), text],
    ...options<api.DeleteCookieOptions>((given) => buffered().deleteCookie("a", given), cookieOptions),
    ["onClose", (value) => buffered().onClose(value), called],
    ["close", (value) => buffered().close(value), anything],
    ["headers.get", (value) => buffered().headers.get(value), text],
    ["headers.has", (value) => buffered().headers.has(value), text],
    ["headers.delete", (value) => buffered().headers.delete(value), text],
    ["headers.set: the name", (value) => buffered().headers.set(value, "a"), text],
    ["headers.set: the value", (value) => buffered().headers.set("a", value), isChunk],
    ["headers.setDefault: the name", (value) => buffered().headers.setDefault(value, "a"), text],
    ["headers.setDefault: the value", (value) => buffered().headers.setDefault("a", value), isChunk],
  ],
  HttpResponse: [
    ["the content", (value) => new api.HttpResponse(value), optional(either(isChunk, list))],
    ...options<api.ResponseOptions>((given) => new api.HttpResponse("x", given), responseOptions),
    ["from: the body", (value) => api.HttpResponse.from(value), isBody],
    ["from: a locked stream", () => api.HttpResponse.from(lockedStream()), nothing],
    ...options<api.ResponseOptions>((given) => api.HttpResponse.from("x", given), responseOptions),
    ["content", (value) => (buffered().content = value), either(isChunk, list)],
    ["text", (value) => (buffered().text = value), text],
    ["write", (value) => buffered().write(value), isChunk],
    ["writeLines", (value) => buffered().writeLines(value), either(text, list)],
  ],
  StreamingHttpResponse: [
    ["the body", (value) => new api.StreamingHttpResponse(value), optional(isBody)],
    ["a locked stream", () => new api.StreamingHttpResponse(lockedStream()), nothing],
    ...options<api.StreamingResponseOptions>(
      (given) => new api.StreamingHttpResponse([], given),
      streamingOptions,
    ),
    [
      "names of trailers",
      (names) => new api.StreamingHttpResponse([], { trailers: { names, values: () => ({}) } }),
      list,
    ],
    [
      "a name of trailers",
      (name) => new api.StreamingHttpResponse([], { trailers: { names: [name], values: () => ({}) } }),
      text,
    ],
    [
      "values of trailers",
      (given) => new api.StreamingHttpResponse([], { trailers: { names: [], values: given } }),
      called,
    ],
    ["trailers", (value) => (streamed().trailers = value), optional(nothing)],
    ["streamingContent", (value) => (streamed().streamingContent = value), isBody],
  ],
  FileResponse: [
    ["the body", (value) => new api.FileResponse(value), optional(isBody)],
    ...options<api.FileResponseOptions>((given) => new api.FileResponse([], given), fileOptions),
    ["streamingContent", (value) => (new api.FileResponse().streamingContent = value), isBody],
    ["open: the file", (value) => api.FileResponse.open(value), text],
    ["open: a URL of another kind", () => api.FileResponse.open(new URL("http://localhost/")), nothing],
    ...options<api.OpenFileOptions>((given) => api.FileResponse.open(import.meta.filename, given), {
      ...fileOptions,
      start: fromZero,
      // One before the first byte: nothing.
      end: number,
      etag: text,
    }),
  ],
  send: [
    ["the response", (value) => api.send(value, ...pair()), nothing],
    ["the request", (value) => api.send(buffered(), value, pair()[1]), nothing],
    ["the answer", (value) => api.send(buffered(), pair()[0], value), nothing],
    ...options<api.SendOptions>((given) => api.send(streamed(), ...pair(), given), {
      signal: nothing,
      primeFirstChunk: flag,
      onErrorBeforeHead: called,
      onError: called,
      clock: nothing,
      minRateBytesPerSecond: fromZero,
      idleTimeoutMs: fromZero,
    }),
    ["the options of a short answer", (value) => api.send(buffered(), ...pair(), value), optional(object)],
  ],
  toWebResponse: [
    ["the response", (value) => api.toWebResponse(value), nothing],
    ["the request", (value) => api.toWebResponse(buffered(), value), optional(nothing)],
    ["headers in the request", (value) => api.toWebResponse(buffered(), { headers: value }), object],
    [
      "method in the request",
      (value) => api.toWebResponse(buffered(), { headers: {}, method: value }),
      optional(text),
    ],
    [
      "signal in the request",
      (value) => api.toWebResponse(buffered(), { headers: {}, signal: value }),
      optional((value) => value === null),
    ],
  ],
  fromWebResponse: [
    ["the response", (value) => api.fromWebResponse(value), nothing],
    [
      "a response whose body is read",
      () => {
        const response = new Response("x");
        response.body?.getReader();
        return api.fromWebResponse(response);
      },
      nothing,
    ],
  ],
  compress: [
    ...options<api.CompressOptions>((given) => api.compress(given), {
      codings: list,
      level: number,
      minBytes: fromZero,
      flushBytes: fromZero,
      flushIntervalMs: fromZero,
      clock: nothing,
    }),
    ["a coding", (value) => api.compress({ codings: [value] }), nothing],
    ...transform(() => api.compress({ minBytes: 0 }), true),
  ],
  conditionalGet: [
    ...options<api.ConditionalGetOptions>((given) => api.conditionalGet(given), { clock: nothing }),
    ...transform(() => api.conditionalGet(), true),
  ],
  contentLength: transform(() => api.contentLength(), false),
};

test("has a place for every argument of every export", () => {
  assert.deepEqual(Object.keys(places).toSorted(), Object.keys(api).toSorted());
});

/** Methods for subclasses, which the types hide from other code. */
const forSubclasses = new Set(["closeBodies", "encodeChunk", "runCloser"]);

/** Methods that take an argument, and properties that can be set. */
function takersOf(owner: object): readonly string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(owner))
    .filter(([name, { value, set }]) => {
      const takesValue = typeof value === "function" && name !== "constructor" && value.length > 0;
      return (takesValue || set !== undefined) && !forSubclasses.has(name);
    })
    .map(([name]) => name);
}

test("has a place for every method and property of an exported class that takes a value", () => {
  for (const [name, value] of Object.entries(api)) {
    if (typeof value !== "function" || value.prototype === undefined) continue;
    const shown = places[name as keyof typeof api].map(([place]) => place.split(":", 1)[0]);
    const taking = [...takersOf(value.prototype as object), ...takersOf(value)];
    const refused = name === "StreamingHttpResponse" ? ["content", "text"] : [];
    const missing = taking.filter((taker) => ![...shown, ...refused, "prototype"].includes(taker));
    assert.deepEqual(missing, [], name);
  }
});

const misspelt: readonly (readonly [act: () => unknown, meant: string])[] = [
  [() => new api.HttpResponse("x", { status: 404 } as never), "statusCode"],
  [() => new api.StreamingHttpResponse([], { header: {} } as never), "headers"],
  [() => new api.FileResponse([], { attachment: true } as never), "asAttachment"],
  [() => api.FileResponse.open(import.meta.filename, { eTag: "a" } as never), "etag"],
  [() => api.csvResponse([], { fileName: "a" } as never), "filename"],
  [() => api.csvChunks([], { delimeter: ";" } as never), "delimiter"],
  [() => api.rowsSource([], { colums: [] } as never), "columns"],
  [() => api.openSource("a.csv", { skipRow: 1 } as never), "skipRows"],
  [() => api.compress({ levle: 9 } as never), "level"],
  [() => api.conditionalGet({ clok: 1 } as never), "clock"],
  [() => api.send(buffered(), ...pair(), { onerror: () => undefined } as never), "onError"],
  [() => buffered().setCookie("a", "b", { maxage: 5 } as never), "maxAge"],
];
for (const [act, meant] of misspelt) {
  test(`answers a misspelt option with "${meant}"`, async () => {
    await assert.rejects(async () => await act(), {
      code: "SCSV_ARG_RANGE",
      message: new RegExp(`has no option ".*"\\. Did you mean "${meant}"\\?`),
    });
  });
}

for (const [name, ofExport] of Object.entries(places)) {
  for (const [place, act, isRight] of ofExport) {
    test(`${name} refuses a wrong type of ${place} with a code and a sentence`, async () => {
      for (const value of values.filter((each) => !isRight(each))) {
        await assert.rejects(
          async () => await act(value as never),
          (error: NodeJS.ErrnoException) => {
            assert.match(String(error.code), /^SCSV_/, `${inspect(value)}: ${error.stack}`);
            assert.match(error.message, /[.?]$/);
            return true;
          },
          inspect(value),
        );
      }
    });
  }
}
