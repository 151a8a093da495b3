import assert from "node:assert/strict";
import { test } from "node:test";
import { RepeatLimit, type Repeats } from "../../../src/server/shared/repeat-limit.ts";

const refused = { level: 30, message: "request refused", fields: { code: "SCSV_NOT_FOUND", status: 404 } };

/** A limit, what it admitted of lines, and the repeats it counted. */
function limited(): { readonly limit: RepeatLimit; readonly repeats: Repeats[] } {
  const repeats: Repeats[] = [];
  return { limit: new RepeatLimit((one) => repeats.push(one)), repeats };
}

test("admits the first lines of a kind, counts the others, and tells their number when the window ends", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { limit, repeats } = limited();
  const admitted = Array.from({ length: 46 }, () => limit.admits(refused));
  assert.deepEqual(
    admitted.map((one, index) => (one ? index : -1)).filter((index) => index >= 0),
    [0, 1, 2, 3, 4],
  );
  assert.deepEqual(repeats, []);
  t.mock.timers.tick(10_000);
  assert.deepEqual(
    repeats.map(({ first, count }) => [first, count]),
    [[refused, 41]],
  );
  assert.equal(limit.admits(refused), true);
  t.mock.timers.tick(10_000);
  assert.equal(repeats.length, 1);
});

test("tells kinds apart by level, message, code, status and error, and nothing else", () => {
  const { limit } = limited();
  for (let index = 0; index < 5; index += 1)
    assert.ok(
      limit.admits({ ...refused, fields: { ...refused.fields, url: `/${index}`, requestId: String(index) } }),
    );
  assert.equal(limit.admits({ ...refused, fields: { ...refused.fields, url: "/6" } }), false);
  for (const other of [
    { ...refused, level: 40 },
    { ...refused, message: "not a request" },
    { ...refused, fields: { code: "SCSV_BAD_PARAMETER", status: 400 } },
    { level: 50, message: "request failed", fields: { err: new Error("one") } },
    { level: 50, message: "request failed", fields: { err: new Error("two") } },
  ])
    assert.ok(limit.admits(other));
});

test("never leaves out the line of a transfer, or one of a level below information", () => {
  const { limit, repeats } = limited();
  for (let index = 0; index < 100; index += 1) {
    assert.ok(
      limit.admits({ level: 30, message: "transfer completed", fields: { transfer: String(index) } }),
    );
    assert.ok(limit.admits({ level: 20, message: "TLS handshake failed", fields: {} }));
  }
  limit.flush();
  assert.deepEqual(repeats, []);
});

test("flush tells all counts at once, and holds no timer afterwards", () => {
  const { limit, repeats } = limited();
  for (let index = 0; index < 8; index += 1) limit.admits(refused);
  limit.flush();
  assert.deepEqual(
    repeats.map(({ count, seconds }) => [count, seconds]),
    [[3, 1]],
  );
  limit.flush();
  assert.equal(repeats.length, 1);
});

test("more kinds than it tells apart are all written", () => {
  const { limit } = limited();
  for (let kind = 0; kind < 5000; kind += 1)
    assert.ok(limit.admits({ level: 30, message: `kind ${kind}`, fields: {} }));
  limit.flush();
});
