import {
  type AnyResponse,
  conditionalGet,
  type CookieOptions,
  HttpResponse,
  type ResponseOptions,
  StreamingHttpResponse,
} from "../../../src/index.ts";
import { type Case, type Expected, testCases } from "./conformance.ts";

const respond =
  (options: ResponseOptions, content = "body"): Case[1] =>
  () =>
    new HttpResponse(content, options);

const change =
  (how: (response: HttpResponse) => void, options: ResponseOptions = {}): Case[1] =>
  () => {
    const response = new HttpResponse("body", options);
    how(response);
    return response;
  };

const type = (value: string | null): Expected => ({ headers: { "Content-Type": value } });

// What Django's HttpResponse and starlette's Response hold to.
testCases("a head", [
  ["has text/html in UTF-8 where nothing is said", respond({}), {}, type("text/html; charset=utf-8")],
  [
    "has the charset that is given in the type",
    respond({ charset: "iso-8859-1" }),
    {},
    type("text/html; charset=iso-8859-1"),
  ],
  ["has the type that is given", respond({ contentType: "text/csv" }), {}, type("text/csv")],
  [
    "has the type that is given in the headers",
    respond({ headers: { "content-type": "text/csv" } }),
    {},
    type("text/csv"),
  ],
  [
    "has no type where that was removed",
    change(({ headers }) => headers.delete("content-type")),
    {},
    type(null),
  ],
  [
    "of a 304 has no type",
    respond({ statusCode: 304 }, ""),
    {},
    { status: 304, headers: { "Content-Type": null } },
  ],
  ["has the reason of its status", respond({ statusCode: 404 }), {}, { status: 404, reason: "Not Found" }],
  [
    "has a reason of its own",
    respond({ statusCode: 404, reasonPhrase: "Gone Fishing" }),
    {},
    { status: 404, reason: "Gone Fishing" },
  ],
  ["keeps an empty reason", respond({ reasonPhrase: "" }), {}, { reason: "" }],
  [
    "has a reason for an unknown status",
    respond({ statusCode: 599 }),
    {},
    { status: 599, reason: "Unknown Status Code" },
  ],
  [
    "has the reason of a status that was set later",
    change((response) => (response.statusCode = 410)),
    {},
    { status: 410, reason: "Gone" },
  ],
  ["has a reason in Latin-1", respond({ reasonPhrase: "Très bien" }), {}, { reason: "Très bien" }],
  ["takes a status from 200", respond({ statusCode: 200 }), {}, { status: 200 }],
  ["takes 226", respond({ statusCode: 226 }), {}, { status: 226 }],
  [
    "takes headers as pairs",
    respond({
      headers: [
        ["X-A", "1"],
        ["X-B", 2],
      ],
    }),
    {},
    { headers: { "X-A": "1", "X-B": "2" } },
  ],
  ["takes headers as a map", respond({ headers: new Map([["X-A", "1"]]) }), {}, { headers: { "X-A": "1" } }],
  [
    "takes the Web's headers",
    respond({ headers: new Headers({ "X-A": "1" }) }),
    {},
    { headers: { "x-a": "1" } },
  ],
  [
    "has one value a name, the last one",
    respond({
      headers: [
        ["X-A", "1"],
        ["x-a", "2"],
      ],
    }),
    {},
    { headers: { "X-A": "2" } },
  ],
  [
    "keeps a value where a default is set",
    change(({ headers }) => headers.setDefault("x-a", "2"), { headers: { "X-A": "1" } }),
    {},
    { headers: { "X-A": "1" } },
  ],
  [
    "takes a default where there is none",
    change(({ headers }) => headers.setDefault("X-A", "2")),
    {},
    { headers: { "X-A": "2" } },
  ],
  ["takes numbers as text", respond({ headers: { "X-A": 12_345 } }), {}, { headers: { "X-A": "12345" } }],
  ["sends Latin-1 unchanged", respond({ headers: { "X-A": "é" } }), {}, { headers: { "X-A": "é" } }],
  [
    "sends other text as one encoded word",
    respond({ headers: { "X-A": "€" } }),
    {},
    { headers: { "X-A": "=?utf-8?b?4oKs?=" } },
  ],
  [
    "sends long other text as one word on one line",
    respond({ headers: { "X-A": "€".repeat(100) } }),
    {},
    { headers: { "X-A": `=?utf-8?b?${Buffer.from("€".repeat(100)).toString("base64")}?=` } },
  ],
  ["keeps a tab in a value", respond({ headers: { "X-A": "a\tb" } }), {}, { headers: { "X-A": "a\tb" } }],
  ["has an empty value", respond({ headers: { "X-A": "" } }), {}, { headers: { "X-A": "" } }],
  ["has a Date", respond({}), {}, { headers: { Date: /GMT$/ } }],
  [
    "keeps a Date of its own",
    respond({ headers: { Date: "Sat, 01 Jan 2000 00:00:00 GMT" } }),
    {},
    { headers: { Date: "Sat, 01 Jan 2000 00:00:00 GMT" } },
  ],
  [
    "has no framing that someone set",
    respond({ headers: { "Transfer-Encoding": "chunked", Trailer: "X-A" } }),
    {},
    { body: "body", headers: { "Transfer-Encoding": null, Trailer: null, "Content-Length": "4" } },
  ],
  [
    "of a stream has no framing that someone set",
    () => new StreamingHttpResponse(["body"], { headers: { "Transfer-Encoding": "gzip", Trailer: "X-A" } }),
    {},
    { body: "body", headers: { "Transfer-Encoding": "chunked", Trailer: null } },
  ],
  [
    "sends a Location unchanged",
    respond({ statusCode: 302, headers: { Location: "/a%20b?c=d" } }, ""),
    {},
    { status: 302, headers: { Location: "/a%20b?c=d" } },
  ],
  [
    "of a 405 has its Allow",
    respond({ statusCode: 405, headers: { Allow: "GET, HEAD" } }, ""),
    {},
    { status: 405, headers: { Allow: "GET, HEAD" } },
  ],
]);

const content =
  (body: ConstructorParameters<typeof HttpResponse>[0], options: ResponseOptions = {}): Case[1] =>
  () =>
    new HttpResponse(body, options);

testCases("content", [
  ["of nothing is empty", content(undefined), {}, { body: "", headers: { "Content-Length": "0" } }],
  ["of text is in UTF-8", content("é€"), {}, { body: "é€", headers: { "Content-Length": "5" } }],
  [
    "of text in another charset is in that",
    content("é", { charset: "iso-8859-1" }),
    {},
    { headers: { "Content-Length": "1" } },
  ],
  [
    "of text is in the charset of its type",
    content("é", { contentType: "text/csv; charset=iso-8859-1" }),
    {},
    { headers: { "Content-Length": "1" } },
  ],
  [
    "of text is in the quoted charset of its type",
    content("é", { contentType: 'text/csv; charset="ISO-8859-1"' }),
    {},
    { headers: { "Content-Length": "1" } },
  ],
  ["of bytes is unchanged", content(Uint8Array.of(0x61, 0x62)), {}, { body: "ab" }],
  ["of a buffer is unchanged", content(new Uint16Array([0x6261]).buffer), {}, { body: "ab" }],
  ["of a number is its text", content(12_345), {}, { body: "12345" }],
  ["of an array is joined", content(["a", "b", 1]), {}, { body: "ab1" }],
  ["of a set is joined", content(new Set(["a", "b"])), {}, { body: "ab" }],
  [
    "of an iterator is read once and kept",
    content(["a", "b"].values()),
    {},
    { body: "ab", headers: { "Content-Length": "2" } },
  ],
  [
    "that is appended follows",
    change((response) => response.write("!")),
    {},
    { body: "body!", headers: { "Content-Length": "5" } },
  ],
  [
    "that is appended by lines has nothing between them",
    change((response) => response.writeLines(["a", "b"])),
    {},
    { body: "bodyab" },
  ],
  [
    "that is assigned replaces",
    change((response) => (response.content = "new")),
    {},
    { body: "new", headers: { "Content-Length": "3" } },
  ],
  [
    "that is collected over time is whole",
    () => HttpResponse.from(new Blob(["a", "b"]).stream()),
    {},
    { body: "ab", headers: { "Content-Length": "2" } },
  ],
  [
    "of a stream that was wrapped is the wrapper's",
    () => {
      const response = new StreamingHttpResponse(["a", "b"]);
      const inner = response.streamingContent;
      response.streamingContent = (async function* () {
        for await (const chunk of inner) yield Buffer.from(chunk).toString().toUpperCase();
      })();
      return response;
    },
    {},
    { body: "AB" },
  ],
  [
    "of a stream takes numbers among its chunks",
    () => new StreamingHttpResponse(["a", 1, 2n]),
    {},
    { body: "a12" },
  ],
  [
    "of a stream is in the charset of the moment",
    () => new StreamingHttpResponse(["é"], { charset: "iso-8859-1", headers: { "Content-Length": 1 } }),
    {},
    { headers: { "Content-Length": "1" } },
  ],
]);

const clock = { nowMs: () => performance.now(), wallMs: () => Date.UTC(2030, 0, 1) };
const cookie =
  (name: string, value: string, options: CookieOptions = {}): Case[1] =>
  () => {
    const response = new HttpResponse("body", { clock });
    response.setCookie(name, value, options);
    return response;
  };
const line = (...cookies: readonly string[]): Expected => ({ cookies });
const gone = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";

testCases("a cookie", [
  ["has the path /", cookie("a", "1"), {}, line("a=1; Path=/")],
  [
    "has its attributes",
    cookie("a", "1", { path: "/p", domain: "example.org", httpOnly: true, secure: true }),
    {},
    line("a=1; Domain=example.org; Path=/p; HttpOnly; Secure"),
  ],
  [
    "with an age has a date too",
    cookie("a", "1", { maxAge: 10 }),
    {},
    line("a=1; Max-Age=10; Path=/; Expires=Tue, 01 Jan 2030 00:00:10 GMT"),
  ],
  [
    "with an age of nothing is gone",
    cookie("a", "1", { maxAge: 0 }),
    {},
    line("a=1; Max-Age=0; Path=/; Expires=Tue, 01 Jan 2030 00:00:00 GMT"),
  ],
  [
    "with a fraction of an age has it cut off",
    cookie("a", "1", { maxAge: 10.9 }),
    {},
    line("a=1; Max-Age=10; Path=/; Expires=Tue, 01 Jan 2030 00:00:10 GMT"),
  ],
  [
    "with a very long age has the last date there is",
    cookie("a", "1", { maxAge: 1e15 }),
    {},
    line("a=1; Max-Age=1000000000000000; Path=/; Expires=Fri, 31 Dec 9999 23:59:59 GMT"),
  ],
  [
    "with a date has an age too, a second longer",
    cookie("a", "1", { expires: new Date(Date.UTC(2030, 0, 1, 0, 0, 10)) }),
    {},
    line("a=1; Max-Age=11; Path=/; Expires=Tue, 01 Jan 2030 00:00:10 GMT"),
  ],
  [
    "with a past date has the age 0",
    cookie("a", "1", { expires: new Date(0) }),
    {},
    line(`a=1; Max-Age=0; Path=/; ${gone}`),
  ],
  [
    "with a text for a date has that",
    cookie("a", "1", { expires: "Thu, 01 Jan 2099 00:00:00 GMT" }),
    {},
    line("a=1; Path=/; Expires=Thu, 01 Jan 2099 00:00:00 GMT"),
  ],
  ["sends SameSite as written", cookie("a", "1", { sameSite: "LaX" }), {}, line("a=1; Path=/; SameSite=LaX")],
  ["without a SameSite has none", cookie("a", "1", { sameSite: "" }), {}, line("a=1; Path=/")],
  [
    "for all sites is secure",
    cookie("a", "1", { sameSite: "none", secure: true }),
    {},
    line("a=1; Path=/; Secure; SameSite=none"),
  ],
  [
    "in a partition is secure",
    cookie("a", "1", { partitioned: true, secure: true }),
    {},
    line("a=1; Path=/; Secure; Partitioned"),
  ],
  [
    "with the prefix __Host- is secure and of the whole host",
    cookie("__Host-a", "1", { secure: true }),
    {},
    line("__Host-a=1; Path=/; Secure"),
  ],
  [
    "with the prefix __Secure- may have a path",
    cookie("__Secure-a", "1", { secure: true, path: "/p" }),
    {},
    line("__Secure-a=1; Path=/p; Secure"),
  ],
  ["has its value encoded", cookie("a", 'x "é'), {}, line("a=x%20%22%C3%A9; Path=/")],
  [
    "set twice is there once, the second time",
    () => {
      const response = new HttpResponse("body", { clock });
      response.setCookie("a", "1", { secure: true });
      response.setCookie("b", "2");
      response.setCookie("a", "3");
      return response;
    },
    {},
    line("a=3; Path=/", "b=2; Path=/"),
  ],
  [
    "that is deleted is empty and of the epoch",
    () => {
      const response = new HttpResponse("body", { clock });
      response.deleteCookie("a", { path: "/p", domain: "example.org" });
      return response;
    },
    {},
    line(`a=; Max-Age=0; Domain=example.org; Path=/p; ${gone}`),
  ],
  [
    "that is deleted is secure where its name asks for it",
    () => {
      const response = new HttpResponse("body", { clock });
      response.deleteCookie("__Host-a");
      response.deleteCookie("__Secure-b");
      return response;
    },
    {},
    line(`__Host-a=; Max-Age=0; Path=/; Secure; ${gone}`, `__Secure-b=; Max-Age=0; Path=/; Secure; ${gone}`),
  ],
  [
    "goes with a 304",
    (request) => {
      const response = new HttpResponse("body", { headers: { ETag: '"a"' } });
      response.setCookie("a", "1");
      return conditionalGet()(request, response);
    },
    { headers: { "If-None-Match": '"a"' } },
    { status: 304, cookies: ["a=1; Path=/"] },
  ],
]);

const conditioned =
  (response: () => AnyResponse): Case[1] =>
  (request) =>
    conditionalGet()(request, response());

// What Django's ConditionalGetMiddleware holds to.
testCases("a tag", [
  [
    "is made for content",
    conditioned(() => new HttpResponse("body")),
    {},
    { headers: { ETag: /^"[\w-]{43}"$/ } },
  ],
  [
    "is the same for the same content",
    conditioned(() => new HttpResponse(["bo", "dy"])),
    { headers: { "If-None-Match": '"Iw2DWNyOiJC0xY3utikS7i8gNXrpKlzIYbmOaP4xrLU"' } },
    { status: 304 },
  ],
  [
    "isn't made for a stream",
    conditioned(() => new StreamingHttpResponse(["body"])),
    {},
    { headers: { ETag: null } },
  ],
  ["isn't made for empty content", conditioned(() => new HttpResponse()), {}, { headers: { ETag: null } }],
  [
    "isn't made where no-store is said",
    conditioned(() => new HttpResponse("body", { headers: { "Cache-Control": "no-store" } })),
    {},
    { headers: { ETag: null } },
  ],
  [
    "isn't made where no-store is said among others",
    conditioned(() => new HttpResponse("body", { headers: { "Cache-Control": "private, No-Store" } })),
    {},
    { headers: { ETag: null } },
  ],
  [
    "is made where no-store is but a text",
    conditioned(() => new HttpResponse("body", { headers: { "Cache-Control": 'ext="no-store"' } })),
    {},
    { headers: { ETag: /^"/ } },
  ],
  [
    "isn't made for a 404",
    conditioned(() => new HttpResponse("body", { statusCode: 404 })),
    {},
    { status: 404, headers: { ETag: null } },
  ],
  [
    "isn't made for POST",
    conditioned(() => new HttpResponse("body")),
    { method: "POST" },
    { headers: { ETag: null } },
  ],
  [
    "of one's own stays",
    conditioned(() => new HttpResponse("body", { headers: { ETag: '"own"' } })),
    {},
    { headers: { ETag: '"own"' } },
  ],
]);

const kept = {
  "Cache-Control": "private",
  "Content-Location": "/x",
  Date: "Sat, 01 Jan 2000 00:00:00 GMT",
  ETag: '"a"',
  Expires: "Sat, 01 Jan 2000 00:00:00 GMT",
  "Last-Modified": "Sat, 01 Jan 2000 00:00:00 GMT",
  Vary: "Cookie",
};

testCases("a 304", [
  [
    "keeps what a cache needs",
    conditioned(() => new HttpResponse("body", { headers: kept })),
    { headers: { "If-None-Match": '"a"' } },
    { status: 304, headers: kept },
  ],
  [
    "keeps nothing else",
    conditioned(
      () =>
        new HttpResponse("body", {
          headers: { ETag: '"a"', "X-A": "1", "Content-Language": "de", "Content-Length": 4 },
        }),
    ),
    { headers: { "If-None-Match": '"a"' } },
    {
      status: 304,
      headers: { "X-A": null, "Content-Language": null, "Content-Length": null, "Content-Type": null },
    },
  ],
]);
