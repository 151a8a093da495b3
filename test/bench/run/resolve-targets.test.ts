import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveConfig } from "../../../bench/run/resolve-config.ts";
import { resolveAgainst, resolveTargets } from "../../../bench/run/resolve-targets.ts";

const url = "http://127.0.0.1:3000/orders.csv";

test("a header field of a target takes the place of the same field of all targets, whatever its case", () => {
  const [api] = resolveTargets({
    targets: [{ name: "api", url, headers: { Authorization: "own", Accept: "text/csv" } }],
    targetDefaults: { headers: { authorization: "of all", "x-shop": "1" } },
  });
  assert.deepEqual(api?.headers, { "x-shop": "1", Authorization: "own", Accept: "text/csv" });
});

test("a target that has a header field twice in different cases is refused", () => {
  const targets = [{ name: "api", url, headers: { "X-Key": "a", "x-key": "b" } }];
  assert.throws(
    () => resolveTargets({ targets }),
    /^RangeError: The target "api" has the header field x-key twice, the other time as X-Key; leave one of them out\.$/,
  );
});

test("credentials in the address of another version are sent to it, not those of the target", () => {
  const targets = resolveTargets({ targets: ["api=http://u:p@127.0.0.1:3000/"] });
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
  const headersOf = (against: string): unknown => {
    const found = resolveAgainst(against, targets);
    return found.of === "targets" && found.kind === "target" ? found.spec.headers : null;
  };
  assert.deepEqual(headersOf("http://v:q@127.0.0.1:3001/"), { Authorization: basic("v:q") });
  assert.deepEqual(headersOf("http://127.0.0.1:3001/"), { Authorization: basic("u:p") });
});

for (const version of ["main", "HEAD~1", "v1.2.0"]) {
  test(`--against ${version} is refused, since a version begins with git:`, () => {
    const targets = resolveTargets({ targets: ["api=PORT={port} node server.js"] });
    assert.throws(
      () => resolveAgainst(version, targets),
      new RegExp(`--against "${version}" is neither .* write --against git:${version}\\.$`),
    );
  });
}

test("more rows than a target has by its configuration are refused before it is asked for them", () => {
  const config = { seed: 1, targets: [{ name: "api", url: `${url}?rows={rows}`, rows: 1000 }] };
  assert.equal(resolveConfig({ ...config, rows: 1000 }).rows, 1000);
  assert.throws(
    () => resolveConfig({ ...config, rows: 1001 }),
    /^RangeError: rows is 1001, and the target "api" has 1000 rows by its configuration/,
  );
});
