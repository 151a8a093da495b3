import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import type { RecordCount } from "../../../bench/load/record-counter.ts";
import { BodyCheck } from "../../../bench/load/body-check.ts";
import { framingOf } from "../../../bench/load/body-framing.ts";
import { isHtml } from "../../../bench/session/session.ts";
import { ResponseHeadParser, type ResponseHead } from "../../../bench/load/response-head.ts";

function head(fields: Readonly<Record<string, string>>): ResponseHead {
  return { statusCode: 200, headers: new Map(Object.entries(fields)) };
}

const chunked = head({ "transfer-encoding": "chunked" });

/** Feeds an answer in two pieces. */
function bodyOf(
  wire: string,
  cut: number,
  answer: ResponseHead,
): { body: string; isComplete: boolean; rest: string } {
  const framing = framingOf(answer);
  let body = "";
  let rest = "";
  for (const piece of [wire.slice(0, cut), wire.slice(cut)]) {
    const bytes = Buffer.from(piece, "latin1");
    const stop = framing.feed(bytes, 0, bytes.length, (part, start, end) => {
      body += part.toString("latin1", start, end);
    });
    rest += bytes.toString("latin1", stop);
  }
  return { body, isComplete: framing.isComplete, rest };
}

test("a chunked body is found wherever the connection happens to be cut into reads", () => {
  const parts = ["id,t\r\n", '1,a\r\n2,"b\r\n"\r\n', "3,c"];
  const chunks = parts.map((part) => `${part.length.toString(16)};name=value\r\n${part}\r\n`);
  const whole = `${chunks.join("")}0\r\nX-Row-Count: 3\r\n\r\n`;
  for (let cut = 0; cut <= whole.length; cut += 1) {
    assert.deepEqual(bodyOf(whole, cut, chunked), {
      body: parts.join(""),
      isComplete: true,
      rest: "",
    });
  }
});

test("bytes after the end of a body are left over", () => {
  assert.equal(bodyOf("3\r\nabc\r\n0\r\n\r\nmore", 5, chunked).rest, "more");
  assert.equal(bodyOf("abcmore", 1, head({ "content-length": "3" })).rest, "more");
});

test("a body without its last chunk is incomplete", () => {
  assert.equal(bodyOf("3\r\nabc\r\n", 2, chunked).isComplete, false);
  assert.equal(bodyOf("3\r\nabc\r\n0\r\n", 2, chunked).isComplete, false);
});

test("broken framing is refused", () => {
  assert.throws(() => bodyOf("xyz\r\n", 0, chunked), /no size/);
  assert.throws(() => bodyOf("3\r\nabcd\r\n", 0, chunked), /longer than its size|CRLF/);
  assert.throws(() => bodyOf("3\nabc\n", 0, chunked), /CRLF/);
});

test("a body without length and chunks ends with the connection, and nothing is missing before", () => {
  const framing = framingOf(head({}));
  assert.deepEqual(bodyOf("abc", 2, head({})), { body: "abc", isComplete: false, rest: "" });
  assert.equal(framing.missing(), null);
});

test("refuses a transfer coding that it can't read", () => {
  assert.throws(() => framingOf(head({ "transfer-encoding": "gzip, chunked" })), /only chunked/);
});

test("reads a chunked body with zeros before a size, and with a long trailer field", () => {
  const signature = `Signature: ${"a".repeat(3000)}`;
  const wire = `${"3".padStart(20, "0")}\r\nabc\r\n000\r\n${signature}\r\n\r\n`;
  assert.deepEqual(bodyOf(wire, 30, chunked), { body: "abc", isComplete: true, rest: "" });
});

test("takes a coding of old servers, which says that there is none, for none", () => {
  const answer = head({ "transfer-encoding": "identity", "content-length": "3" });
  assert.deepEqual(bodyOf("abc", 1, answer), { body: "abc", isComplete: true, rest: "" });
});

test("takes a repeated length for one, and refuses one that isn't a number", () => {
  assert.deepEqual(bodyOf("abc", 1, head({ "content-length": "3, 3" })), {
    body: "abc",
    isComplete: true,
    rest: "",
  });
  for (const length of ["3, 4", "abc", "-1", ""])
    assert.throws(() => framingOf(head({ "content-length": length })), /Content-Length is ".*not a number/);
});

test("an empty body is complete at once", () => {
  assert.equal(framingOf(head({ "content-length": "0" })).isComplete, true);
});

test("a head is found wherever it is cut, after interim answers, and says where the body begins", () => {
  const wire =
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\nVia: a\r\nVia: b\r\n\r\nbody";
  for (let cut = 0; cut <= wire.length - 4; cut += 1) {
    const parser = new ResponseHeadParser();
    const first = parser.feed(Buffer.from(wire.slice(0, cut)), 0);
    const found = first ?? parser.feed(Buffer.from(wire.slice(cut)), 0);
    assert.equal(found?.head.statusCode, 200);
    assert.equal(found?.head.headers.get("via"), "a, b");
    assert.equal(
      (first === null ? wire.slice(cut) : wire.slice(0, cut)).slice(found?.bodyStart),
      first === null ? "body" : "",
    );
  }
});

for (const [kind, lines, via] of [
  ["end in line feeds alone", "HTTP/1.1 200\nContent-Length: 4\nVia: a\n\n", "a"],
  ["of a CGI program end in line feeds", "HTTP/1.0 200 OK\r\nContent-Length: 4\nVia: a\n\n", "a"],
  ["of a server end in line feeds", "HTTP/1.0 200 OK\nContent-Length: 4\nVia: a\r\n\r\n", "a"],
  ["end in line feeds, and the last in CRLF", "HTTP/1.1 200 OK\nVia: a\nContent-Length: 4\n\r\n", "a"],
  ["are folded", "HTTP/1.1 200 OK\r\nVia: a,\r\n\t b,\n c\r\nContent-Length: 4\r\n\r\n", "a, b, c"],
] as const) {
  test(`a head whose lines ${kind} is found wherever it is cut`, () => {
    const wire = `HTTP/1.1 103 Early Hints\nLink: </x>\n\n${lines}a\n\nb`;
    for (let cut = 0; cut <= wire.length - 4; cut += 1) {
      const parser = new ResponseHeadParser();
      const first = parser.feed(Buffer.from(wire.slice(0, cut)), 0);
      const found = first ?? parser.feed(Buffer.from(wire.slice(cut)), 0);
      assert.equal(found?.head.statusCode, 200);
      assert.equal(found.head.headers.get("via"), via);
      assert.equal(found.head.headers.get("content-length"), "4");
      assert.equal(
        (first === null ? wire.slice(cut) : wire.slice(0, cut)).slice(found.bodyStart),
        first === null ? "a\n\nb" : "",
      );
    }
  });
}

test("refuses an answer that is not HTTP", () => {
  assert.throws(
    () => new ResponseHeadParser().feed(Buffer.from("SSH-2.0-OpenSSH\r\n\r\n"), 0),
    /status line/,
  );
  assert.throws(() => new ResponseHeadParser().feed(Buffer.alloc(70_000, "a"), 0), /64 KiB/);
});

test("an answer of interim answers, or of trailer fields, that goes on without an end is refused", () => {
  const parser = new ResponseHeadParser();
  // Each read of the socket holds thousands of them.
  const interim = Buffer.from("HTTP/1.1 100\r\n\r\n".repeat(16_000));
  assert.throws(() => {
    for (let read = 0; read < 5; read += 1) assert.equal(parser.feed(interim, 0), null);
  }, /^Error: its interim answers \(1xx\) do not end within 1 MiB$/);
  const trailers = `3\r\nabc\r\n0\r\n${"a: b\r\n".repeat(20_000)}`;
  assert.throws(() => bodyOf(trailers, 60_000, chunked), /trailer fields do not end within 64 KiB/);
});

test("records are counted as an independent parser counts them, however the body is cut, and the hash is the body's", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", "é"), maxLength: 6 });
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { maxLength: 8 });
  fc.assert(
    fc.property(
      rows,
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      (table, step, end, isEnded) => {
        const lines = table.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(","));
        const text = lines.join(end) + (isEnded && lines.length > 0 ? end : "");
        const bytes = Buffer.from(text);
        const check = new BodyCheck({ isHashed: true });
        for (let at = 0; at < bytes.length; at += step)
          check.feed(bytes, at, Math.min(bytes.length, at + step));
        const expected: unknown[] = parse(text, { relax_column_count: true, record_delimiter: end });
        const { records, sha256 } = check.finish();
        assert.equal(records, expected.length);
        assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
      },
    ),
  );
});

const counted: readonly (readonly [
  what: string,
  text: string,
  records: number,
  columns: number,
  quoting: string,
])[] = [
  ["quotes only where a cell begins", 'id\tsize\n1\t5" nail\n2\t6" nail\n', 3, 2, "rfc4180"],
  ["a line break between quotes", 'a;b\n1;"x\ny"\n', 2, 2, "rfc4180"],
  ["a delimiter between quotes of the header", '"a,b";c\n1;2\n', 2, 2, "rfc4180"],
  ["quotes that a backslash escapes", 'a,b\n1,"say \\"hi, you\\"\nthere"\n', 2, 2, "backslash"],
  ["quotes that mean nothing", 'a\tb\n"open\t2\n3\t4\n', 3, 2, "none"],
  ["apostrophes as quotes", "a,b\n1,'x, y'\n2,O'Brien\n3,'u\nv''w'\n", 4, 2, "apostrophe"],
  ["apostrophes that quote nothing", "a,b\n1,'tis\n2\n", 3, 2, "rfc4180"],
  ["backslashes before line breaks", "a\tb\n1\tx\\\ny\n2\tC:\\\\\n", 3, 2, "escaped"],
  ["backslashes that escape nothing", "a,b\n1,C:\\\n2,D:\\\n", 3, 2, "rfc4180"],
  ["an empty line at its end", "a,b\r\n1,2\r\n\r\n", 3, 2, "rfc4180"],
  ["carriage returns alone", "a,b\r1,2\r3,4\r", 3, 2, "rfc4180"],
  ["a byte order mark before a quote", '\uFEFF"a",b\r\n1,2\r\n', 2, 2, "rfc4180"],
  ["a last record without its line end", "a|b\n1|2", 2, 2, "rfc4180"],
  ["a line that names the delimiter", "sep=;\r\na;b,c,d\r\n1;2,3,4\r\n", 2, 2, "rfc4180"],
  ["a byte order mark before that line", "\uFEFFsep=,\na,b;c;d\n1,2;3;4", 2, 2, "rfc4180"],
  ["that line before carriage returns alone", "SEP=^\ra^b\r1^2\r", 2, 2, "rfc4180"],
  ["that line alone", "sep=;\r\n", 0, 1, "rfc4180"],
  ["a header that begins as that line", "sep=a,b\n1,2\n", 2, 2, "rfc4180"],
  ["nothing", "", 0, 1, "rfc4180"],
];
for (const [what, text, records, columns, quoting] of counted) {
  test(`counts the records of a body with ${what}, however it is cut`, () => {
    const bytes = Buffer.from(text);
    for (let step = 1; step <= Math.max(1, bytes.length); step += 1) {
      const check = new BodyCheck({ isHashed: false });
      for (let at = 0; at < bytes.length; at += step)
        check.feed(bytes, at, Math.min(bytes.length, at + step));
      const found = check.finish();
      assert.deepEqual([found.records, found.columns, found.quoting], [records, columns, quoting]);
    }
  });
}

for (const [name, encode] of [
  ["UTF-16LE", (text: string) => Buffer.from(text, "utf16le")],
  ["UTF-16BE", (text: string) => Buffer.from(text, "utf16le").swap16()],
  [
    "UTF-32LE",
    (text: string) => Buffer.from(Uint32Array.from(text, (letter) => letter.codePointAt(0) ?? 0).buffer),
  ],
  [
    "UTF-32BE",
    (text: string) =>
      Buffer.from(Uint32Array.from(text, (letter) => letter.codePointAt(0) ?? 0).buffer).swap32(),
  ],
] as const) {
  test(`records of a body in ${name} are those of the same text, however it is cut`, () => {
    // Letters of which one byte is a quote, a delimiter or the end of a line, were it a character.
    const texts = ['id;n\r\n1;"x\r\ny"\r\n2;Ģ\u2c0a\u0a0a\u0d22\r\n', "a,b\n1,2\n3,😀\nTotal", "a\tb\r1\t2"];
    for (const text of texts) {
      const plain = new BodyCheck({ isHashed: false });
      plain.feed(Buffer.from(text), 0, Buffer.byteLength(text));
      const expected = plain.finish();
      // Without a mark, UTF-32 isn't known.
      for (const bytes of [encode(`\uFEFF${text}`), ...(name.startsWith("UTF-16") ? [encode(text)] : [])]) {
        for (let step = 1; step <= bytes.length; step += 1) {
          const check = new BodyCheck({ isHashed: false });
          for (let at = 0; at < bytes.length; at += step)
            check.feed(bytes, at, Math.min(bytes.length, at + step));
          const { records, columns, quoting, uneven: found } = check.finish();
          assert.deepEqual(
            { records, columns, quoting, found },
            {
              records: expected.records,
              columns: expected.columns,
              quoting: expected.quoting,
              found: expected.uneven,
            },
          );
        }
      }
    }
  });
}

const uneven: readonly (readonly [what: string, text: string, found: RecordCount["uneven"]])[] = [
  ["as many cells everywhere", 'a,b\r\n1,"2,\r\n3"\r\n\r\n', null],
  ["an error message at its end", "a,b\r\n1,2\r\nFatal error\r\n", { record: 3, cells: 1 }],
  ["a last record that was cut", "a,b,c\n1,2,3\n4,5", { record: 3, cells: 2 }],
  ["a longer record, and a shorter one", "a,b\r1,2,3\r4\r", { record: 2, cells: 3 }],
  ["lines that are counted", 'a\tb\n"open\t2\nx\n', null],
];
for (const [what, text, found] of uneven) {
  test(`finds the first record with another number of cells in a body with ${what}, however it is cut`, () => {
    const bytes = Buffer.from(text);
    for (let step = 1; step <= bytes.length; step += 1) {
      const check = new BodyCheck({ isHashed: false });
      for (let at = 0; at < bytes.length; at += step)
        check.feed(bytes, at, Math.min(bytes.length, at + step));
      assert.deepEqual(check.finish().uneven, found);
    }
  });
}

test("names the first line in which two bodies differ", () => {
  const read = (text: string, earlier: readonly number[] | null): ReturnType<BodyCheck["finish"]> => {
    const check = new BodyCheck({ isHashed: true, comparison: { earlier } });
    for (const byte of Buffer.from(text)) check.feed(Buffer.from([byte]), 0, 1);
    return check.finish();
  };
  const { lines } = read("a\n1\n2\n3\n", null);
  assert.deepEqual(read("a\n1\n4\n5\n", lines).firstDifference, { line: 3, text: "4" });
  assert.deepEqual(read("a\n1\n", lines).firstDifference, { line: 3, text: null });
  assert.deepEqual(read("a\n1\n2\n3\n4", lines).firstDifference, { line: 5, text: "4" });
  assert.equal(read("a\n1\n2\n3\n", lines).firstDifference, null);
});

for (const [what, opening, isPage] of [
  ["a byte order mark", "\uFEFF<!DOCTYPE html><title>x", true],
  ["empty lines", `${"\n".repeat(100)}  <html lang=en>`, true],
  ["comments", "<!-- a - b -- c -->\n<!-- d -->\n<HEAD>", true],
  ["the declaration of XML", '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC', true],
  ["a header that has tags for names", "<TICKER>,<PER>\n", false],
  ["an open comment", `<!-- ${"-".repeat(1000)}<html>`, false],
] as const) {
  test(`a body that begins with ${what} is ${isPage ? "a" : "no"} page, whatever its type, however it is cut`, () => {
    const bytes = Buffer.from(opening);
    for (const step of [1, 3, bytes.length]) {
      const check = new BodyCheck({ isHashed: false });
      for (let at = 0; at < bytes.length; at += step)
        check.feed(bytes, at, Math.min(bytes.length, at + step));
      assert.equal(isHtml(head({ "content-type": "text/csv" }), check.finish().opening), isPage);
    }
  });
}
