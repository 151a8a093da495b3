import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  compress,
  conditionalGet,
  FileResponse,
  HttpResponse,
  StreamingHttpResponse,
} from "../../../src/index.ts";
import { type Case, testCases } from "./conformance.ts";

const folder = mkdtempSync(join(tmpdir(), "deviations-"));
after(() => rmSync(folder, { recursive: true }));

const letters = join(folder, "letters.txt");
const empty = join(folder, "empty.txt");
writeFileSync(letters, "abcdefghij");
writeFileSync(empty, "");

const file: Case[1] = () => FileResponse.open(letters);
const range = (field: string): Case[2] => ({ headers: { Range: field } });
const whole: Case[3] = { status: 200, body: "abcdefghij", headers: { "Content-Range": null } };

const old = "Sat, 01 Jan 2000 00:00:00 GMT";
const dated: Case[1] = () => FileResponse.open(letters, { headers: { "Last-Modified": old } });

/** The time of the last change is now, so the file may change again within the same second. */
const justWritten = new Date(Date.now() - 1000).toUTCString();
const justDated: Case[1] = () => FileResponse.open(letters, { headers: { "Last-Modified": justWritten } });

const tagged: Case[1] = (request) =>
  conditionalGet()(request, new HttpResponse("body", { headers: { ETag: '"a"', "X-A": "1" } }));

const text = "some text that can be compressed; ".repeat(20);
const transform = compress({ codings: ["gzip"] });
const gzip = { "Accept-Encoding": "gzip" };
const coded: Case[3] = { headers: { "Content-Encoding": "gzip" } };

const sentBefore = new StreamingHttpResponse(["body"]);

/** By the first cell of the table's rows. */
const deviations: Readonly<Record<string, readonly [Case[1], Case[2], Case[3]]>> = {
  "several ranges are a multipart answer (starlette), or are combined (pillarjs/send)": [
    file,
    range("bytes=0-1,3-4"),
    whole,
  ],
  "a Range that isn't well-formed is a 400 (starlette)": [file, range("bytes=a-b"), whole],
  "HEAD with a Range is a 206 (starlette)": [
    file,
    { ...range("bytes=0-1"), method: "HEAD" },
    { status: 200, headers: { "Content-Length": "10" } },
  ],
  "the last bytes of an empty file are an empty part": [
    () => FileResponse.open(empty),
    range("bytes=-5"),
    { status: 416 },
  ],
  "an If-Range with a later date gives a part (pillarjs/send)": [
    dated,
    { headers: { Range: "bytes=0-1", "If-Range": "Sun, 02 Jan 2000 00:00:00 GMT" } },
    whole,
  ],
  "an If-Range with a date as old as the last change gives the whole": [
    justDated,
    { headers: { Range: "bytes=0-1", "If-Range": justWritten } },
    { status: 206, body: "ab" },
  ],
  "a request's `Cache-Control: no-cache` makes the answer stale (fresh)": [
    tagged,
    { headers: { "If-None-Match": '"a"', "Cache-Control": "no-cache" } },
    { status: 304 },
  ],
  "`If-None-Match: *` without a tag is a 304 (RFC 9110)": [
    (request) => conditionalGet()(request, new StreamingHttpResponse(["body"])),
    { headers: { "If-None-Match": "*" } },
    { status: 200, body: "body" },
  ],
  "a 304 keeps headers that don't describe the content (pillarjs/send)": [
    tagged,
    { headers: { "If-None-Match": '"a"' } },
    { status: 304, headers: { "X-A": null } },
  ],
  "HEAD isn't compressed (expressjs/compression)": [
    (request) => transform(request, new HttpResponse(text)),
    { method: "HEAD", headers: gzip },
    coded,
  ],
  "deflate is offered (expressjs/compression)": [
    (request) => compress()(request, new HttpResponse(text)),
    { headers: { "Accept-Encoding": "deflate" } },
    { body: text, headers: { "Content-Encoding": null } },
  ],
  "only types known to be text are compressed (expressjs/compression), and event streams aren't (starlette)":
    [
      (request) =>
        transform(request, new StreamingHttpResponse([text], { contentType: "text/event-stream" })),
      { headers: gzip },
      coded,
    ],
  "short streams aren't compressed (starlette)": [
    (request) => transform(request, new StreamingHttpResponse(["a"])),
    { headers: gzip },
    coded,
  ],
  "a name outside ASCII comes only as `filename*` (Django)": [
    () => new FileResponse([], { filename: "é.csv" }),
    {},
    { headers: { "Content-Disposition": "inline; filename=\"?.csv\"; filename*=UTF-8''%C3%A9.csv" } },
  ],
  "a stream that is sent twice is an error (fetch)": [
    async () => {
      for await (const chunk of sentBefore) assert.equal(String(Buffer.from(chunk)), "body");
      return sentBefore;
    },
    {},
    { status: 200, body: "", outcome: "completed" },
  ],
  "a status of 100 to 199 may be sent as the answer (Django)": [
    () => new HttpResponse("", { statusCode: 150 }),
    {},
    { status: 500, outcome: "failed" },
  ],
};

testCases(
  "instead of what another framework does",
  Object.entries(deviations).map(([there, [make, asked, expected]]): Case => [there, make, asked, expected]),
);

test("has a test for each deviation that docs/reference/responses.md lists, and no other", () => {
  const page = readFileSync("docs/reference/responses.md", "utf8");
  const [, section = ""] = page.split("## Deviations from other frameworks");
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  const listed = rows.slice(2).map((line) => line.split("|")[1]?.trim());
  assert.deepEqual(new Set(listed), new Set(Object.keys(deviations)));
});
