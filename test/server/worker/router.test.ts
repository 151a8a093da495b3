import assert from "node:assert/strict";
import { test } from "node:test";
import { Router, type Handler } from "../../../src/server/worker/route/router.ts";

const named = new Map<Handler, string>();

function handler(name: string): Handler {
  const made: Handler = () => assert.fail("routes are only found here");
  named.set(made, name);
  return made;
}

const router = new Router([
  { methods: ["GET"], path: "/", handler: handler("page") },
  { methods: ["GET"], path: "/ping", handler: handler("ping") },
  { methods: ["GET"], path: "/transfers", handler: handler("list") },
  { methods: ["GET"], path: "/transfers/:id", handler: handler("show") },
  { methods: ["DELETE"], path: "/transfers/:id", handler: handler("cancel") },
]);

const found: readonly (readonly [method: string, path: string, name: string, params: object])[] = [
  ["GET", "/", "page", {}],
  ["GET", "/ping", "ping", {}],
  ["HEAD", "/ping", "ping", {}],
  ["GET", "/%70ing", "ping", {}],
  ["GET", "/transfers", "list", {}],
  ["GET", "/transfers/a1", "show", { id: "a1" }],
  ["DELETE", "/transfers/a1", "cancel", { id: "a1" }],
  ["GET", "/transfers/f%C3%BCr%20alle.csv", "show", { id: "für alle.csv" }],
  ["GET", "/transfers/a%2Fb", "show", { id: "a/b" }],
  ["GET", "/transfers/:", "show", { id: ":" }],
  ["GET", "/transfers/__proto__", "show", { id: "__proto__" }],
];
for (const [method, path, name, params] of found) {
  test(`finds what answers to ${method} ${path}`, () => {
    const match = router.find(path).match(method);
    assert.equal(named.get(match.handler), name);
    assert.deepEqual(match.params, params);
  });
}

const missing = [
  "",
  "//",
  "/ping/",
  "/PING",
  "//ping",
  "/transfers/",
  "/transfers/a/b",
  "/%2Fping",
  "/transfers%2Fa1",
  "/transfers/%zz",
  "/transfers/%ff",
  "/:",
  "/a1",
];
for (const path of missing) {
  test(`finds nothing at "${path}"`, () => {
    for (const method of ["GET", "DELETE"])
      assert.throws(() => router.find(path).match(method), { code: "SCSV_NOT_FOUND" });
  });
}

test("lists the methods of a path that doesn't answer to the one that is asked for", () => {
  for (const [path, allow] of [
    ["/ping", "GET, HEAD"],
    ["/transfers/a1", "GET, HEAD, DELETE"],
  ] as const) {
    assert.throws(() => router.find(path).match("POST"), {
      code: "SCSV_METHOD_NOT_ALLOWED",
      headers: { Allow: allow },
    });
  }
});
