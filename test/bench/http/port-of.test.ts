import assert from "node:assert/strict";
import { test } from "node:test";
import { portOf } from "../../../bench/http/port-of.ts";

for (const [address, port] of [
  ["http://127.0.0.1:3000/x", 3000],
  ["http://127.0.0.1/x", 80],
  ["http://[::1]:80/x", 80],
  ["https://example.org/x", 443],
] as const) {
  test(`the port of ${address} is ${port}`, () => {
    assert.equal(portOf(new URL(address)), port);
  });
}
