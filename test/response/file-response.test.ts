import assert from "node:assert/strict";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  csvResponse,
  FileResponse,
  type FileResponseOptions,
  type OpenFileOptions,
} from "../../src/index.ts";
import { collect, curl, serve } from "./serving.ts";

let folder = "";
const rows = "0123456789".repeat(20_000);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "file-response-"));
  await writeFile(join(folder, "rows.csv"), rows);
  await writeFile(join(folder, "empty.csv"), "");
});

after(() => rm(folder, { recursive: true }));

const openRows = (options: OpenFileOptions = {}): Promise<FileResponse> =>
  FileResponse.open(join(folder, "rows.csv"), options);

const types: readonly (readonly [filename: string, type: string])[] = [
  ["a.csv", "text/csv"],
  ["a.json", "application/json"],
  ["a.parquet", "application/octet-stream"],
  ["a.csv.gz", "application/gzip"],
  ["a.tar.br", "application/x-brotli"],
  ["a.bz2", "application/x-bzip"],
  ["a.xz", "application/x-xz"],
  ["a.Z", "application/x-compress"],
  ["a.zst", "application/zstd"],
  ["csv", "application/octet-stream"],
  ["", "application/octet-stream"],
];
for (const [filename, type] of types) {
  test(`takes ${JSON.stringify(filename)} for ${type}, and gives it no coding or charset`, () => {
    const { headers } = new FileResponse([], { filename });
    assert.equal(headers.get("Content-Type"), type);
    assert.equal(headers.has("Content-Encoding"), false);
  });
}

const dispositions: readonly (readonly [options: FileResponseOptions, expected: string | undefined])[] = [
  [{}, undefined],
  [{ asAttachment: true }, "attachment"],
  [{ filename: "a.csv" }, 'inline; filename="a.csv"'],
  [{ filename: "a.csv", asAttachment: true }, 'attachment; filename="a.csv"'],
  [{ filename: "/etc/secret/a.csv", asAttachment: true }, 'attachment; filename="a.csv"'],
  [{ filename: "two words.csv" }, 'inline; filename="two words.csv"'],
  [{ filename: 'say "hi".csv' }, 'inline; filename="say \\"hi\\".csv"'],
  [{ filename: "naïve.csv" }, "inline; filename=\"na?ve.csv\"; filename*=UTF-8''na%C3%AFve.csv"],
  [{ filename: "名'*.csv" }, "inline; filename=\"?'*.csv\"; filename*=UTF-8''%E5%90%8D%27%2A.csv"],
  [{ filename: "a\r\nX: y.csv" }, "inline; filename=\"a??X: y.csv\"; filename*=UTF-8''a%0D%0AX%3A%20y.csv"],
];
for (const [options, expected] of dispositions) {
  test(`disposes of ${JSON.stringify(options)} as ${expected}`, () => {
    assert.equal(new FileResponse([], options).headers.get("Content-Disposition"), expected);
  });
}

test("refuses half of a surrogate pair in a file name, naming the option", async () => {
  const refusal = { code: "SCSV_BAD_HEADER", message: /^filename .*surrogate pair: "half\\ud800\.csv"\.$/ };
  const options = { filename: "half\ud800.csv" };
  assert.throws(() => new FileResponse([], options), refusal);
  assert.throws(() => csvResponse([], options), refusal);
  await assert.rejects(FileResponse.open(import.meta.filename, options), refusal);
});

test("takes the opened file's name where the given one has no base name", async () => {
  for (const filename of ["", "/", "//", "///"]) {
    await using response = await openRows({ filename, asAttachment: true });
    assert.equal(response.headers.get("Content-Disposition"), 'attachment; filename="rows.csv"', filename);
    assert.equal(response.headers.get("Content-Type"), "text/csv", filename);
  }
});

test("respects a given type and disposition, whichever way they are given", () => {
  const filename = "a.csv";
  assert.equal(
    new FileResponse([], { filename, contentType: "text/html" }).headers.get("Content-Type"),
    "text/html",
  );
  const headers = { "content-type": "text/plain", "Content-Disposition": "form-data" };
  const response = new FileResponse([], { filename, headers });
  assert.equal(response.headers.get("Content-Type"), "text/plain");
  assert.equal(response.headers.get("Content-Disposition"), "form-data");
});

test("gives a plain stream a name and nothing it can't know", async () => {
  const response = new FileResponse(["a"], { filename: "a.csv" });
  for (const name of ["Content-Length", "ETag", "Last-Modified", "Accept-Ranges"])
    assert.ok(!response.headers.has(name));
  assert.equal(await collect(response), "a");
});

test("opens a path, a URL or a handle, and describes the file", async () => {
  const path = join(folder, "rows.csv");
  const url = pathToFileURL(path);
  // A URL of a class of its own, as the DOM of a test runner has.
  const { href, protocol, hostname, pathname } = url;
  const foreignUrl = { href, protocol, hostname, pathname } as URL;
  for (const file of [path, url, foreignUrl, await open(path)]) {
    await using response = await FileResponse.open(file);
    assert.equal(response.headers.get("Content-Length"), String(rows.length));
    assert.match(response.headers.get("ETag") ?? "", /^"[\w-]+"$/);
    assert.ok(!Number.isNaN(Date.parse(response.headers.get("Last-Modified") ?? "")));
    assert.equal(await collect(response), rows);
  }
  await using named = await openRows();
  assert.equal(named.headers.get("Content-Disposition"), 'inline; filename="rows.csv"');
});

test("reads in blocks of 64 KiB, each in memory of its own", async () => {
  await using response = await openRows();
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk);
  assert.deepEqual(
    chunks.map(({ byteLength }) => byteLength),
    [65_536, 65_536, 65_536, 3392],
  );
  assert.equal(new Set(chunks.map(({ buffer }) => buffer)).size, 4);
});

test("counts the length of the part that is opened, and tags it as that part", async () => {
  await using whole = await openRows();
  await using part = await openRows({ start: 10, end: 12 });
  await using rest = await openRows({ start: rows.length - 2, end: rows.length + 100 });
  await using none = await openRows({ start: rows.length });
  assert.deepEqual(
    [part, rest, none].map(({ headers }) => headers.get("Content-Length")),
    ["3", "2", "0"],
  );
  assert.equal(await collect(part), "012");
  assert.equal(await collect(rest), "89");
  assert.equal(await collect(none), "");
  const tags = [whole, part, rest, none].map(({ headers }) => headers.get("ETag"));
  assert.equal(new Set(tags).size, 4);
  await using again = await openRows();
  assert.equal(again.headers.get("ETag"), whole.headers.get("ETag"));
});

test("takes an entity tag of the caller's, with or without quotes", async () => {
  for (const etag of ["v1", '"v1"']) {
    await using response = await openRows({ etag });
    assert.equal(response.headers.get("ETag"), '"v1"');
  }
  await using weak = await openRows({ etag: 'W/"v1"' });
  assert.equal(weak.headers.get("ETag"), 'W/"v1"');
});

test("refuses a part that lies outside the file, and closes it", async () => {
  for (const options of [
    { start: -1 },
    { start: rows.length + 1 },
    { start: 5, end: 3 },
    { end: -2 },
    { start: 1.5 },
  ]) {
    const handle = await open(join(folder, "rows.csv"));
    await assert.rejects(FileResponse.open(handle, options), { name: "RangeError", code: "SCSV_ARG_RANGE" });
    assert.equal(handle.fd, -1);
  }
});

test("refuses a folder, and passes on errors of opening", async () => {
  await assert.rejects(FileResponse.open(folder), { name: "TypeError", code: "SCSV_ARG_TYPE" });
  await assert.rejects(FileResponse.open(join(folder, "none.csv")), { code: "ENOENT" });
});

test("closes the file with the response, read or not, replaced or not", async () => {
  for (const use of [
    async () => undefined,
    collect,
    async (response: FileResponse) => {
      response.streamingContent = ["other"];
    },
  ]) {
    const handle = await open(join(folder, "rows.csv"));
    const response = await FileResponse.open(handle);
    await use(response);
    assert.notEqual(handle.fd, -1);
    await response.close();
    assert.equal(handle.fd, -1);
    assert.deepEqual(response.closeErrors, []);
  }
});

const ranges: readonly (readonly [
  range: string,
  status: number,
  contentRange: string | null,
  body: string,
])[] = [
  ["bytes=0-4", 206, "bytes 0-4/200000", "01234"],
  ["bytes=199998-", 206, "bytes 199998-199999/200000", "89"],
  ["bytes=-3", 206, "bytes 199997-199999/200000", "789"],
  ["bytes=199999-300000", 206, "bytes 199999-199999/200000", "9"],
  ["Bytes = 1 - 2", 206, "bytes 1-2/200000", "12"],
  ["bytes=200000-", 416, "bytes */200000", ""],
  ["bytes=-0", 416, "bytes */200000", ""],
  ["bytes=-999999", 206, "bytes 0-199999/200000", rows],
  ["bytes=0-1,5-6", 200, null, rows],
  ["bytes=5-2", 200, null, rows],
  ["bytes=-", 200, null, rows],
  ["rows=0-1", 200, null, rows],
  ["nonsense", 200, null, rows],
];
for (const [range, status, contentRange, body] of ranges) {
  test(`answers Range: ${range} with ${status}`, async (t) => {
    const served = await serve(t, () => openRows());
    const response = await fetch(served.url, { headers: { Range: range } });
    assert.equal(response.status, status);
    assert.equal(response.headers.get("Content-Range"), contentRange);
    assert.equal(response.headers.get("Content-Length"), String(body.length));
    assert.equal(await response.text(), body);
  });
}

async function* wrap(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

test("answers no Range for HEAD, for another status, nor for a body that was wrapped", async (t) => {
  const served = await serve(t, async (req) => {
    const response = await openRows();
    if (req.url === "/404") response.statusCode = 404;
    if (req.url === "/wrapped") response.streamingContent = wrap(response.streamingContent);
    return response;
  });
  const headers = { Range: "bytes=0-1" };
  const head = await fetch(served.url, { method: "HEAD", headers });
  assert.deepEqual([head.status, head.headers.get("Content-Length")], [200, String(rows.length)]);
  const missing = await fetch(`${served.url}/404`, { headers });
  assert.deepEqual([missing.status, (await missing.text()).length], [404, rows.length]);
  const wrapped = await fetch(`${served.url}/wrapped`, { headers });
  assert.deepEqual([wrapped.status, (await wrapped.text()).length], [200, rows.length]);
  assert.equal(wrapped.headers.get("Accept-Ranges"), null);
});

test("answers a Range of a part that was opened as a part of that part", async (t) => {
  const served = await serve(t, () => openRows({ start: 5, end: 14 }));
  const response = await fetch(served.url, { headers: { Range: "bytes=-2" } });
  assert.equal(response.headers.get("Content-Range"), "bytes 8-9/10");
  assert.equal(await response.text(), "34");
});

test("respects If-Range only when it matches exactly", async (t) => {
  const served = await serve(t, (req) => openRows(req.url === "/weak" ? { etag: 'W/"w"' } : {}));
  const first = await fetch(served.url);
  await first.text();
  const tag = first.headers.get("ETag") ?? "";
  const date = first.headers.get("Last-Modified") ?? "";
  const conditions: readonly (readonly [path: string, ifRange: string, status: number])[] = [
    ["/", tag, 206],
    ["/", date, 206],
    ["/", `W/${tag}`, 200],
    ["/", '"other"', 200],
    ["/", "Thu, 01 Jan 1970 00:00:00 GMT", 200],
    ["/weak", 'W/"w"', 200],
  ];
  for (const [path, ifRange, status] of conditions) {
    const response = await fetch(`${served.url}${path}`, {
      headers: { Range: "bytes=0-1", "If-Range": ifRange },
    });
    assert.equal(response.status, status, ifRange);
    await response.text();
  }
});

test("sends an empty file, and lets curl continue a download", async (t) => {
  const served = await serve(t, (req) => FileResponse.open(join(folder, req.url ?? "")));
  const empty = await fetch(`${served.url}/empty.csv`);
  assert.deepEqual([empty.status, empty.headers.get("Content-Length"), await empty.text()], [200, "0", ""]);
  const target = join(folder, "download.csv");
  await writeFile(target, rows.slice(0, 1234));
  const { exitCode } = await curl("--continue-at", "-", "--output", target, `${served.url}/rows.csv`);
  assert.equal(exitCode, 0);
  await using downloaded = await FileResponse.open(target);
  assert.equal(await collect(downloaded), rows);
});

test("gives different tags to different texts, also if a tag can't hold them", async () => {
  const texts = [
    "one",
    "a b",
    "a_b",
    "пять",
    "семь",
    "ü",
    "ö",
    '"a"b"',

    'W/"x y"',
    "",
    "\x7f",
    "\ud800",
  ];
  const tags = await Promise.all(
    texts.map(async (etag) => {
      await using response = await FileResponse.open(join(folder, "rows.csv"), { etag });
      return response.headers.get("ETag") ?? "";
    }),
  );
  assert.equal(new Set(tags).size, texts.length);
  for (const [index, tag] of tags.entries()) {
    assert.match(tag, /^(?:W\/)?"[\x21\x23-\x7e]*"$/);
    assert.equal(tag.startsWith("W/"), texts[index]?.startsWith("W/"));
  }
  assert.equal(tags[0], '"one"');
});

test("leaves out of a part, and of a refused range, the headers that would be wrong there", async (t) => {
  const headers = {
    "Content-Encoding": "gzip",
    "Content-Language": "en",
    "Content-Digest": "sha-256=:AA==:",
    "Repr-Digest": "sha-256=:BB==:",
  };
  const server = await serve(t, () => FileResponse.open(join(folder, "rows.csv"), { headers }));
  const kept = async (range: string): Promise<readonly string[]> => {
    const answer = await curl("-i", "-H", `Range: ${range}`, server.url);
    const head = answer.output.toString("latin1").split("\r\n\r\n")[0]?.toLowerCase() ?? "";
    return Object.keys(headers).filter((name) => head.includes(`\n${name.toLowerCase()}:`));
  };
  assert.deepEqual(await kept("lines=0-1"), Object.keys(headers));
  assert.deepEqual(await kept("bytes=0-9"), ["Content-Encoding", "Content-Language", "Repr-Digest"]);
  assert.deepEqual(await kept("bytes=9999999-"), []);
});
