import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { addressOf, AddressLimit } from "../../../src/server/primary/address-limit.ts";

const addresses: readonly (readonly [remote: string, counted: string])[] = [
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
  ["2001:db8::6", "2001:db8:0:0::/64"],
  ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
];
for (const [remote, counted] of addresses)
  test(`${remote} counts as ${counted}`, () => assert.equal(addressOf(remote), counted));

/** A connection from an address; only its address and its end matter here. */
function connection(remoteAddress: string | undefined): Socket {
  return Object.assign(new EventEmitter(), { remoteAddress }) as Socket;
}

const refused = { code: "SCSV_TOO_MANY_CONNECTIONS", message: /^2 connections of your address/ };

test("counts each address by itself, and refuses beyond the limit without counting", () => {
  const limit = new AddressLimit(2);
  const first = connection("192.0.2.1");
  limit.take(first);
  limit.take(connection("192.0.2.1"));
  limit.take(connection("192.0.2.2"));
  for (let turn = 0; turn < 3; turn += 1) assert.throws(() => limit.take(connection("192.0.2.1")), refused);
  first.emit("close");
  limit.take(connection("192.0.2.1"));
  assert.throws(() => limit.take(connection("192.0.2.1")), refused);
});

test("a connection counts until it is refused, or its worker says that it is closed, or dies", () => {
  const limit = new AddressLimit(2);
  const [one, two] = [connection("::1"), connection("::1")];
  limit.take(one);
  limit.take(two);
  limit.release(two);
  limit.release(two);
  limit.take(two);
  const address = limit.handOver(one, 1) ?? "";
  assert.equal(limit.handOver(two, 2), address);
  // What this process sees of a connection that a worker has means nothing.
  for (const socket of [one, two]) socket.emit("close");
  assert.throws(() => limit.take(connection("::1")), refused);
  limit.closed(1, [address]);
  limit.take(connection("::1"));
  assert.throws(() => limit.take(connection("::1")), refused);
  limit.forget(2);
  limit.closed(2, [address]);
  limit.take(connection("::1"));
  assert.throws(() => limit.take(connection("::1")), refused);
});

test("without a limit, and without an address, nothing is counted or reported", () => {
  const free = new AddressLimit(null);
  const socket = connection("192.0.2.1");
  free.take(socket);
  assert.equal(free.handOver(socket, 1), null);
  const limit = new AddressLimit(1);
  for (const broken of [connection(undefined), connection(undefined)]) {
    limit.take(broken);
    assert.equal(limit.handOver(broken, 1), null);
  }
});
