import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { prettyFactory } from "pino-pretty";
import { prettyLine } from "../../../src/server/shared/pretty-line.ts";

type Write = (log: ReturnType<typeof pino>) => void;

/** The line that pino writes. */
function lineOf(write: Write): string {
  let line = "";
  write(pino({ level: "trace", base: { pid: 12 } }, { write: (text) => void (line = text) }));
  return line;
}

const plain: readonly (readonly [name: string, write: Write])[] = [
  ["a message", (log) => log.info("hello")],
  ["fields", (log) => log.warn({ a: 1, b: "x\ny", c: { d: [1, 2] }, n: null }, "with fields")],
  ["fields without a message", (log) => log.fatal({ a: 1 })],
  ["every level", (log) => log.debug("d")],
  ["the lowest level", (log) => log.trace("t")],
  ["letters of other scripts", (log) => log.error({ export: "größer 漢字 👍" }, "größer 漢字 👍")],
];
for (const [name, write] of plain) {
  for (const colorize of [false, true]) {
    test(`writes ${name} ${colorize ? "in colour" : "without colour"} as pino-pretty does`, () => {
      const oracle = prettyFactory({
        colorize,
        ignore: "hostname",
        translateTime: "SYS:HH:MM:ss.l",
        singleLine: true,
      });
      const line = lineOf(write);
      assert.equal(prettyLine(line, colorize), oracle(line));
    });
  }
}

test("shows the stack of an error below its line, and what else it has within the line", () => {
  const cause = new TypeError("inner");
  const err = Object.assign(new Error("two\nlines", { cause }), { code: "SCSV_X" });
  const [first, ...rest] = prettyLine(
    lineOf((log) => log.error({ transfer: "t1", err }, "failed")),
    false,
  ).split("\n");
  assert.match(first ?? "", /^\[[\d:.]{12}\] ERROR \(12\): failed \{"transfer":"t1","code":"SCSV_X"\}$/);
  assert.deepEqual(rest.slice(0, 2), ["    Error: two", "    lines"]);
  assert.ok(rest.some((line) => line.startsWith("    caused by: TypeError: inner")));
  assert.equal(rest.at(-1), "");
});

test("shows an error that isn't an Error as a field", () => {
  const line = lineOf((log) => log.error({ err: "text" }, "failed"));
  assert.match(prettyLine(line, false), /failed \{"err":"text"\}\n$/);
});

test("lets no control character of a message or stack through to the terminal", () => {
  const err = new Error("\u001B[2J");
  const text = prettyLine(
    lineOf((log) => log.info({ err, path: "\u009B1m" }, "\u001B]0;title\u0007")),
    false,
  );
  assert.doesNotMatch(text.replaceAll("\n", ""), /\p{Cc}/u);
  for (const shown of ["\\u001b[2J", "\\u001b]0;title\\u0007", "\\u009b1m"])
    assert.ok(text.includes(shown), text);
});

test("leaves a line that isn't JSON as it is", () => {
  assert.equal(prettyLine("out of memory\n", true), "out of memory\n");
});

test("a transfer that ended without an error is what was sent, in words and units", () => {
  const transfer = {
    level: 30,
    time: 0,
    pid: 7,
    transfer: "dc0dd9f1",
    export: "orders",
    delivery: "streaming",
    state: "completed",
    rows: 1000,
    bytes: 109_771,
    heldMs: 166.2,
    msg: "transfer completed",
  };
  const line = prettyLine(JSON.stringify(transfer), true);
  assert.match(line, /^\d\d:\d\d:\d\d orders streaming 1,000 rows 107 KiB 166 ms completed\n$/);
  const failed = { ...transfer, level: 50, state: "failed", err: { stack: "Error: No.", code: "SCSV_X" } };
  assert.match(
    prettyLine(JSON.stringify(failed), false),
    /transfer completed .*"dc0dd9f1".*\n {4}Error: No\.\n$/,
  );
});

test("a refused request is its method, target, status and reason, and repeats are a number", () => {
  const refused = {
    level: 30,
    time: 0,
    pid: 7,
    requestId: "r",
    method: "GET",
    url: "/exports/nosuch.csv",
    status: 404,
    code: "SCSV_UNKNOWN_EXPORT",
    detail: 'There is no export "nosuch\u001B[2J".',
    msg: "request refused",
  };
  assert.match(
    prettyLine(JSON.stringify(refused), true),
    /^\d\d:\d\d:\d\d GET \/exports\/nosuch\.csv 404 There is no export "nosuch\\u001b\[2J"\.\n$/,
  );
  const { level, time, pid, status, code, msg } = refused;
  const repeats = { level, time, pid, code, status, repeats: 41, seconds: 10, msg };
  assert.match(
    prettyLine(JSON.stringify(repeats), false),
    /^\d\d:\d\d:\d\d … 41 more like this in 10 s: request refused SCSV_UNKNOWN_EXPORT\n$/,
  );
});
