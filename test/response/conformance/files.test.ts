import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  conditionalGet,
  FileResponse,
  type FileResponseOptions,
  type OpenFileOptions,
} from "../../../src/index.ts";
import { type Case, testCases } from "./conformance.ts";

const folder = mkdtempSync(join(tmpdir(), "files-"));
after(() => rmSync(folder, { recursive: true }));

const content = "id,name\r\n1,Ann\r\n";
const size = String(content.length);
const modified = "Sat, 01 Jan 2000 00:00:00 GMT";

function write(name: string, text = content, time: Date = new Date(modified)): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  utimesSync(path, time, time);
  return path;
}

const rows = write("rows.csv");

const openAs =
  (name: string, options: OpenFileOptions = {}): Case[1] =>
  () =>
    FileResponse.open(write(name), options);

const openRows =
  (options: OpenFileOptions = {}): Case[1] =>
  async (request) =>
    conditionalGet()(request, await FileResponse.open(rows, { etag: '"v1"', ...options }));

const asked = (headers: Record<string, string>): Case[2] => ({ headers });

// What pillarjs/send and starlette's FileResponse hold to.
testCases("a file", [
  ["has its bytes and their number", openRows(), {}, { body: content, headers: { "Content-Length": size } }],
  ["has a strong tag", () => FileResponse.open(rows), {}, { headers: { ETag: /^"[^"]+"$/ } }],
  ["has the time of its last change", openRows(), {}, { headers: { "Last-Modified": modified } }],
  [
    "has no time in the future",
    () => FileResponse.open(write("future.csv", content, new Date(Date.now() + 9e9))),
    {},
    { headers: { "Last-Modified": new RegExp(` ${new Date().getUTCFullYear()} `) } },
  ],
  [
    "has HEAD as GET",
    openRows(),
    { method: "HEAD" },
    { body: "", headers: { "Content-Length": size, ETag: '"v1"', "Last-Modified": modified } },
  ],
  [
    "goes to HTTP/1.0 whole",
    openRows(),
    { version: "1.0" },
    { body: content, headers: { "Content-Length": size } },
  ],
  [
    "that is empty is empty",
    () => FileResponse.open(write("empty.csv", "")),
    {},
    { body: "", headers: { "Content-Length": "0" } },
  ],
  [
    "of many blocks comes whole",
    () => FileResponse.open(write("large.csv", content.repeat(20_000))),
    {},
    { body: content.repeat(20_000) },
  ],
  ["by its URL", () => FileResponse.open(pathToFileURL(rows)), {}, { body: content }],
  [
    "by a handle has no name",
    async () => FileResponse.open(await open(rows)),
    {},
    { body: content, headers: { "Content-Disposition": null } },
  ],
  [
    "is a 304 for its tag",
    openRows(),
    asked({ "If-None-Match": '"v1"' }),
    {
      status: 304,
      headers: { ETag: '"v1"', "Content-Type": null, "Content-Length": null, "Content-Disposition": null },
    },
  ],
  ["is whole for another tag", openRows(), asked({ "If-None-Match": '"v2"' }), { body: content }],
  ["is a 304 for its time", openRows(), asked({ "If-Modified-Since": modified }), { status: 304 }],
  [
    "is whole for an earlier time",
    openRows(),
    asked({ "If-Modified-Since": "Fri, 31 Dec 1999 23:59:59 GMT" }),
    { body: content },
  ],
  ["is whole for If-Match with its tag", openRows(), asked({ "If-Match": '"v0", "v1"' }), { body: content }],
  ["is whole for If-Match with a star", openRows(), asked({ "If-Match": "*" }), { body: content }],
  [
    "is a 412 for If-Match with another tag",
    openRows(),
    asked({ "If-Match": '"v2"' }),
    { status: 412, body: "" },
  ],
  [
    "is a 412 for If-Match with its tag as a weak one",
    openRows(),
    asked({ "If-Match": 'W/"v1"' }),
    { status: 412 },
  ],
  [
    "is a 412 for If-Match with text before its tag",
    openRows(),
    asked({ "If-Match": 'x"v1"' }),
    { status: 412 },
  ],
  [
    "is whole for If-Unmodified-Since with its time",
    openRows(),
    asked({ "If-Unmodified-Since": modified }),
    { body: content },
  ],
  [
    "is a 412 for If-Unmodified-Since with an earlier time",
    openRows(),
    asked({ "If-Unmodified-Since": "Fri, 31 Dec 1999 23:59:59 GMT" }),
    { status: 412 },
  ],
  [
    "is whole for If-Unmodified-Since that isn't a date",
    openRows(),
    asked({ "If-Unmodified-Since": "1990-01-01" }),
    { body: content },
  ],
  ["has a 412 before a part", openRows(), asked({ "If-Match": '"v2"', Range: "bytes=0-1" }), { status: 412 }],
  [
    "has a 304 before a part",
    openRows(),
    asked({ "If-None-Match": '"v1"', Range: "bytes=0-1" }),
    { status: 304 },
  ],
  [
    "has a part if its conditions hold",
    openRows(),
    asked({ "If-Match": '"v1"', Range: "bytes=0-1" }),
    { status: 206, body: "id" },
  ],
  [
    "keeps a Cache-Control of one's own",
    openRows({ headers: { "Cache-Control": "max-age=5" } }),
    {},
    { headers: { "Cache-Control": "max-age=5" } },
  ],
  [
    "keeps a tag of one's own",
    openRows({ headers: { ETag: 'W/"own"' } }),
    {},
    { headers: { ETag: 'W/"own"' } },
  ],
  [
    "keeps a Last-Modified of one's own",
    openRows({ headers: { "Last-Modified": "Sun, 02 Jan 2000 00:00:00 GMT" } }),
    {},
    { headers: { "Last-Modified": "Sun, 02 Jan 2000 00:00:00 GMT" } },
  ],
  [
    "that is opened from the middle has the rest",
    openRows({ start: 9 }),
    {},
    { body: "1,Ann\r\n", headers: { "Content-Length": "7" } },
  ],
  [
    "that is opened up to the middle has the beginning",
    openRows({ end: 1 }),
    {},
    { body: "id", headers: { "Content-Length": "2" } },
  ],
]);

// What Django's FileResponse and starlette's hold to.
testCases("the type of a file", [
  ["comes from its ending", openAs("a.csv"), {}, { headers: { "Content-Type": "text/csv" } }],
  ["of an ending in capitals", openAs("a.CSV"), {}, { headers: { "Content-Type": "text/csv" } }],
  ["of text has no charset added", openAs("a.txt"), {}, { headers: { "Content-Type": "text/plain" } }],
  ["of JSON", openAs("a.json"), {}, { headers: { "Content-Type": "application/json" } }],
  [
    "without an ending is bytes",
    openAs("noending"),
    {},
    { headers: { "Content-Type": "application/octet-stream" } },
  ],
  [
    "of an unknown ending is bytes",
    openAs("a.unknownending"),
    {},
    { headers: { "Content-Type": "application/octet-stream" } },
  ],
  [
    "that is packed is the packer's",
    openAs("a.csv.gz"),
    {},
    { headers: { "Content-Type": "application/gzip", "Content-Encoding": null } },
  ],
  [
    "that is packed by Brotli is the packer's",
    openAs("a.tar.br"),
    {},
    { headers: { "Content-Type": "application/x-brotli" } },
  ],
  [
    "comes from the name that the client sees",
    openAs("a.bin", { filename: "b.csv" }),
    {},
    { headers: { "Content-Type": "text/csv" } },
  ],
  [
    "that was given stays",
    openAs("a.csv", { contentType: "text/html" }),
    {},
    { headers: { "Content-Type": "text/html" } },
  ],
  [
    "that was given in the headers stays",
    openAs("a.csv", { headers: { "content-type": "text/x" } }),
    {},
    { headers: { "Content-Type": "text/x" } },
  ],
]);

const named = (options: FileResponseOptions): Case[1] => openAs("plain.csv", options);
const disposition = (value: string): Case[3] => ({ headers: { "Content-Disposition": value } });

testCases("the name of a file", [
  ["is its own", named({}), {}, disposition('inline; filename="plain.csv"')],
  [
    "is its own as an attachment",
    named({ asAttachment: true }),
    {},
    disposition('attachment; filename="plain.csv"'),
  ],
  [
    "is its own where an empty one is given",
    named({ filename: "", asAttachment: true }),
    {},
    { headers: { "Content-Disposition": 'attachment; filename="plain.csv"', "Content-Type": "text/csv" } },
  ],
  ["is the one given", named({ filename: "given.csv" }), {}, disposition('inline; filename="given.csv"')],
  [
    "is the last part of a path",
    named({ filename: "/etc/secret/given.csv" }),
    {},
    disposition('inline; filename="given.csv"'),
  ],
  [
    "isn't a folder above",
    named({ filename: "../../given.csv" }),
    {},
    disposition('inline; filename="given.csv"'),
  ],
  ["keeps blanks", named({ filename: "two words.csv" }), {}, disposition('inline; filename="two words.csv"')],
  [
    "has its quotes escaped",
    named({ filename: 'say "hi".csv' }),
    {},
    disposition('inline; filename="say \\"hi\\".csv"'),
  ],
  [
    "has its backslashes escaped",
    named({ filename: "a\\b.csv" }),
    {},
    disposition('inline; filename="a\\\\b.csv"'),
  ],
  [
    "may be a backslash",
    named({ filename: "\\", asAttachment: true }),
    {},
    disposition('attachment; filename="\\\\"'),
  ],
  [
    "keeps semicolons inside its quotes",
    named({ filename: "a;b=c.csv" }),
    {},
    disposition('inline; filename="a;b=c.csv"'),
  ],
  [
    "outside ASCII has two forms",
    named({ filename: "naïve €.csv" }),
    {},
    disposition("inline; filename=\"na?ve ?.csv\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.csv"),
  ],
  [
    "outside the basic plane has two forms",
    named({ filename: "😀.csv" }),
    {},
    disposition("inline; filename=\"?.csv\"; filename*=UTF-8''%F0%9F%98%80.csv"),
  ],
  [
    "with what RFC 8187 doesn't allow is encoded",
    named({ filename: "é'()*!.csv" }),
    {},
    disposition("inline; filename=\"?'()*!.csv\"; filename*=UTF-8''%C3%A9%27%28%29%2A!.csv"),
  ],
  [
    "with an escape has two forms, so that no client decodes it",
    named({ filename: "50%20.csv" }),
    {},
    disposition("inline; filename=\"50%20.csv\"; filename*=UTF-8''50%2520.csv"),
  ],
  [
    "with a line break begins no header",
    named({ filename: "a\r\nX: y.csv" }),
    {},
    {
      headers: {
        "Content-Disposition": "inline; filename=\"a??X: y.csv\"; filename*=UTF-8''a%0D%0AX%3A%20y.csv",
        x: null,
      },
    },
  ],
  [
    "isn't sent for a stream without one",
    () => new FileResponse([content]),
    {},
    { headers: { "Content-Disposition": null, "Content-Type": "application/octet-stream" } },
  ],
  [
    "isn't sent for an attachment without one",
    () => new FileResponse([content], { asAttachment: true }),
    {},
    disposition("attachment"),
  ],
  [
    "of a stream is sent, and nothing that the class can't know",
    () => new FileResponse([content], { filename: "a.csv" }),
    {},
    {
      body: content,
      headers: { "Content-Length": null, ETag: null, "Last-Modified": null, "Accept-Ranges": null },
    },
  ],
  [
    "that was given in the headers stays",
    named({ headers: { "Content-Disposition": "form-data" } }),
    {},
    disposition("form-data"),
  ],
]);

test("a file: a folder, a missing file and a pipe are refused, and nothing is left open", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  mkdirSync(join(folder, "sub"));
  for (const path of [pipe, join(folder, "sub")])
    await assert.rejects(FileResponse.open(path), { name: "TypeError", code: "SCSV_ARG_TYPE" });
  await assert.rejects(FileResponse.open(join(folder, "missing.csv")), { code: "ENOENT" });
  for (const options of [{ start: -1 }, { start: 99 }, { start: 3, end: 1 }, { start: 1.5 }])
    await assert.rejects(FileResponse.open(rows, options), { name: "RangeError", code: "SCSV_ARG_RANGE" });
});
