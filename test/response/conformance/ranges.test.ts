import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import {
  FileResponse,
  HttpResponse,
  type OpenFileOptions,
  StreamingHttpResponse,
} from "../../../src/index.ts";
import { type Case, type Expected, testCases } from "./conformance.ts";

const folder = mkdtempSync(join(tmpdir(), "ranges-"));
after(() => rmSync(folder, { recursive: true }));

const path = join(folder, "letters.txt");
const empty = join(folder, "empty.txt");
const modified = "Sat, 01 Jan 2000 00:00:00 GMT";
const letters = "abcdefghij";
writeFileSync(path, letters);
writeFileSync(empty, "");
utimesSync(path, new Date(modified), new Date(modified));

const open =
  (options: OpenFileOptions = {}): Case[1] =>
  () =>
    FileResponse.open(path, { etag: '"v1"', ...options });

const range = (field: string): Case[2] => ({ headers: { Range: field } });
const ifRange = (validator: string): Case[2] => ({ headers: { Range: "bytes=0-1", "If-Range": validator } });

const whole: Expected = {
  status: 200,
  body: letters,
  headers: { "Content-Range": null, "Content-Length": "10" },
};
const unsatisfiable: Expected = {
  status: 416,
  body: "",
  headers: { "Content-Range": "bytes */10", "Content-Length": "0", "Content-Disposition": null },
};

function part(first: number, last: number): Expected {
  return {
    status: 206,
    body: letters.slice(first, last + 1),
    headers: { "Content-Range": `bytes ${first}-${last}/10`, "Content-Length": String(last + 1 - first) },
  };
}

// What jshttp/range-parser holds to, asked of a server.
testCases("a range", [
  ["of the first byte", open(), range("bytes=0-0"), part(0, 0)],
  ["from the beginning", open(), range("bytes=0-4"), part(0, 4)],
  ["from the middle", open(), range("bytes=3-6"), part(3, 6)],
  ["of the last byte", open(), range("bytes=9-9"), part(9, 9)],
  ["of all bytes is still a part", open(), range("bytes=0-9"), part(0, 9)],
  ["without an end goes to the end", open(), range("bytes=4-"), part(4, 9)],
  ["from 0 without an end is all bytes", open(), range("bytes=0-"), part(0, 9)],
  ["that ends after the end is cut there", open(), range("bytes=5-100"), part(5, 9)],
  ["with a huge end is cut there", open(), range("bytes=5-99999999999999999999999"), part(5, 9)],
  ["of the last three bytes", open(), range("bytes=-3"), part(7, 9)],
  ["of more last bytes than there are is all bytes", open(), range("bytes=-100"), part(0, 9)],
  ["of a huge number of last bytes is all bytes", open(), range(`bytes=-${"9".repeat(400)}`), part(0, 9)],
  ["with leading zeros", open(), range("bytes=001-002"), part(1, 2)],
  ["that begins after the end is unsatisfiable", open(), range("bytes=10-"), unsatisfiable],
  ["that begins far after the end is unsatisfiable", open(), range("bytes=500-999"), unsatisfiable],
  [
    "that begins at a huge number is unsatisfiable",
    open(),
    range(`bytes=${"9".repeat(400)}-`),
    unsatisfiable,
  ],
  ["of the last 0 bytes is unsatisfiable", open(), range("bytes=-0"), unsatisfiable],
  ["whose end is before its beginning means nothing", open(), range("bytes=4-2"), whole],
  ["without numbers means nothing", open(), range("bytes=-"), whole],
  ["without a dash means nothing", open(), range("bytes=5"), whole],
  ["without anything after the unit means nothing", open(), range("bytes="), whole],
  ["without a unit means nothing", open(), range("0-1"), whole],
  ["in another unit means nothing", open(), range("items=0-1"), whole],
  ["in a unit that begins with bytes means nothing", open(), range("bytesx=0-1"), whole],
  ["that isn't one means nothing", open(), range("malformed"), whole],
  ["of letters means nothing", open(), range("bytes=x-y"), whole],
  ["of a number and a letter means nothing", open(), range("bytes=0-y"), whole],
  ["with a fraction means nothing", open(), range("bytes=0.5-1"), whole],
  ["with an exponent means nothing", open(), range("bytes=1e0-2"), whole],
  ["with a sign means nothing", open(), range("bytes=+1-2"), whole],
  ["in hexadecimal means nothing", open(), range("bytes=0x1-2"), whole],
  ["with three numbers means nothing", open(), range("bytes=1-2-3"), whole],
  ["with two dashes means nothing", open(), range("bytes=--1"), whole],
  ["that is empty means nothing", open(), range(""), whole],
  ["with text after it means nothing", open(), range("bytes=0-1;x"), whole],
  ["with a unit in capitals is one", open(), range("BYTES=0-1"), part(0, 1)],
  ["with blanks in it is one", open(), range("bytes = 0 - 1"), part(0, 1)],
  ["with blanks before it is one", open(), range("bytes=  2-3"), part(2, 3)],
  ["of 8 KB of blanks means nothing", open(), range(`bytes=${" ".repeat(4000)}-${" ".repeat(4000)}x`), whole],
  ["given twice means nothing", open(), { headers: { Range: ["bytes=0-1", "bytes=2-3"] } }, whole],
]);

// What pillarjs/send, starlette and RFC 9110, section 14, hold to.
testCases("a range of a file", [
  ["with If-Range that has its tag", open(), ifRange('"v1"'), part(0, 1)],
  ["with If-Range that has another tag", open(), ifRange('"v2"'), whole],
  ["with If-Range that has its tag as a weak one", open(), ifRange('W/"v1"'), whole],
  ["with If-Range of a file whose tag is weak", open({ etag: 'W/"v1"' }), ifRange('W/"v1"'), whole],
  ["with If-Range that has two tags", open(), ifRange('"v1", "v2"'), whole],
  ["with If-Range that has a star", open(), ifRange("*"), whole],
  ["with If-Range that has its date", open(), ifRange(modified), part(0, 1)],
  ["with If-Range that has an earlier date", open(), ifRange("Fri, 31 Dec 1999 23:59:59 GMT"), whole],
  ["with If-Range that isn't a validator", open(), ifRange("foo"), whole],
  ["with If-Range that is empty", open(), ifRange(""), whole],
  ["If-Range without Range means nothing", open(), { headers: { "If-Range": '"v1"' } }, whole],
  [
    "an unsatisfiable range with an If-Range that doesn't match",
    open(),
    { headers: { Range: "bytes=90-", "If-Range": '"v2"' } },
    whole,
  ],
  [
    "HEAD has the length of the whole",
    open(),
    { ...range("bytes=0-1"), method: "HEAD" },
    { status: 200, headers: { "Content-Length": "10", "Content-Range": null } },
  ],
  ["POST has no ranges", open(), { ...range("bytes=0-1"), method: "POST" }, whole],
  ["HTTP/1.0 has ranges", open(), { ...range("bytes=0-1"), version: "1.0" }, part(0, 1)],
  [
    "a part keeps the file's validators",
    open(),
    range("bytes=0-1"),
    { status: 206, headers: { ETag: '"v1"', "Last-Modified": modified, "Accept-Ranges": "bytes" } },
  ],
  [
    "a part keeps the file's type and name",
    open(),
    range("bytes=0-1"),
    {
      status: 206,
      headers: { "Content-Type": "text/plain", "Content-Disposition": 'inline; filename="letters.txt"' },
    },
  ],
  [
    "a part keeps its cookies",
    async () => {
      const response = await FileResponse.open(path);
      response.setCookie("a", "1");
      return response;
    },
    range("bytes=0-1"),
    { status: 206, cookies: ["a=1; Path=/"] },
  ],
  ["Accept-Ranges is always sent", open(), {}, { headers: { "Accept-Ranges": "bytes" } }],
  [
    "Accept-Ranges: none switches ranges off",
    open({ headers: { "Accept-Ranges": "none" } }),
    range("bytes=0-1"),
    whole,
  ],
  [
    "Accept-Ranges: none switches the 416 off too",
    open({ headers: { "Accept-Ranges": "none" } }),
    range("bytes=90-"),
    whole,
  ],
  [
    "without Accept-Ranges there are none",
    async () => {
      const response = await FileResponse.open(path);
      response.headers.delete("Accept-Ranges");
      return response;
    },
    range("bytes=0-1"),
    whole,
  ],
  [
    "of a part that was opened counts from its beginning",
    open({ start: 2, end: 6 }),
    range("bytes=1-2"),
    { status: 206, body: "de", headers: { "Content-Range": "bytes 1-2/5" } },
  ],
  [
    "after an opened part is unsatisfiable",
    open({ start: 2, end: 6 }),
    range("bytes=5-"),
    { status: 416, headers: { "Content-Range": "bytes */5" } },
  ],
  [
    "of an empty file is unsatisfiable",
    () => FileResponse.open(empty),
    range("bytes=0-"),
    { status: 416, headers: { "Content-Range": "bytes */0" } },
  ],
  [
    "an empty file without a range is empty",
    () => FileResponse.open(empty),
    {},
    { status: 200, body: "", headers: { "Content-Length": "0" } },
  ],
  [
    "another status has no ranges",
    open({ statusCode: 404 }),
    range("bytes=0-1"),
    { status: 404, body: letters },
  ],
  [
    "a file that was wrapped has no ranges",
    async () => {
      const response = await FileResponse.open(path);
      const { streamingContent } = response;
      response.streamingContent = streamingContent;
      return response;
    },
    range("bytes=0-1"),
    { status: 200, body: letters, headers: { "Accept-Ranges": null } },
  ],
  [
    "a stream has no ranges",
    () => new StreamingHttpResponse([letters]),
    range("bytes=0-1"),
    { status: 200, body: letters, headers: { "Accept-Ranges": null } },
  ],
  [
    "buffered content has no ranges",
    () => new HttpResponse(letters),
    range("bytes=0-1"),
    { status: 200, body: letters, headers: { "Accept-Ranges": null } },
  ],
]);
