import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StreamCsvError } from "../../src/errors.ts";
import { Link, type Methods, type Notes, type Received } from "../../src/ipc/link.ts";
import type { Port } from "../../src/ipc/port.ts";

/** One end of a channel within this process; a message arrives in the next turn of the loop. */
class End extends EventEmitter implements Port {
  other: End | undefined;
  isOpen = true;
  /** Whether sockets are lost on the way, as happens when the receiver has no descriptor left. */
  losesSockets = false;

  send(
    message: unknown,
    handle: Socket | undefined,
    _: unknown,
    callback: (error: Error | null) => void,
  ): boolean {
    if (!this.isOpen) {
      setImmediate(() => callback(new Error("closed")));
      return false;
    }
    const copy: unknown = JSON.parse(JSON.stringify(message));
    setImmediate(() => {
      if (this.isOpen) this.other?.emit("message", copy, this.losesSockets ? undefined : handle);
      callback(null);
    });
    return true;
  }

  close(): void {
    for (const end of [this, this.other]) {
      if (end === undefined) continue;
      end.isOpen = false;
      end.emit("disconnect");
    }
  }
}

function channel(): readonly [End, End] {
  const [one, two] = [new End(), new End()];
  one.other = two;
  two.other = one;
  return [one, two];
}

/** A link whose other side has these methods and notes. */
function linkTo<M extends Methods, N extends Notes>(methods: M, notes: N) {
  const [own, other] = channel();
  const link = new Link<M, N>(own, {}, {});
  const opposite = new Link<Methods, Notes>(other, methods, notes);
  return { link, own, other, opposite };
}

test("returns the result of the other side's method, or its error with code and details", async () => {
  const methods = {
    double: (value: number) => value * 2,
    refuse: () => {
      throw new StreamCsvError("SCSV_BUSY", "Full.", { retryAfterSeconds: 3 });
    },
  };
  const { link } = linkTo(methods, {});
  assert.equal(await link.call("double", 4), 8);
  await assert.rejects(link.call("refuse", null), { code: "SCSV_BUSY", retryAfterSeconds: 3 });
});

test("refuses a call that the other side doesn't know, by its name", async () => {
  const { link } = linkTo({} as { readonly nothing: (value: null) => null }, {});
  await assert.rejects(link.call("nothing", null), { code: "SCSV_INTERNAL", message: /"nothing"/ });
});

test("throws at a note that it doesn't know, instead of dropping it", () => {
  const [own, other] = channel();
  const link = new Link<Methods, Notes>(own, {}, {});
  assert.ok(link instanceof Link);
  assert.throws(() => own.emit("message", { kind: "note", name: "nothing", argument: null }), /"nothing"/);
  assert.ok(other.isOpen);
});

test("rejects pending and later calls when the other side ends", async () => {
  const { link, own } = linkTo({ wait: () => new Promise<never>(() => undefined) }, {});
  const [asked, pinged] = [link.call("wait", null), link.ping()];
  own.close();
  await assert.rejects(asked, { code: "SCSV_WORKER_FAILED" });
  await assert.rejects(pinged, { code: "SCSV_WORKER_FAILED" });
  await assert.rejects(link.call("wait", null), { code: "SCSV_WORKER_FAILED" });
  await assert.rejects(link.ping(), { code: "SCSV_WORKER_FAILED" });
});

test("gets an answer to a ping from any other side", async () => {
  await linkTo({}, {}).link.ping();
});

/** Sends a socket and reports its fate. */
function sendSocket(onNote: (received: Received) => void) {
  const ends = linkTo({}, { connection: (_: number, received: Received) => onNote(received) });
  const socket = new Socket();
  const became: string[] = [];
  const send = (): void =>
    ends.link.note("connection", 1, {
      socket,
      onTaken: () => became.push("taken"),
      onGivenBack: () => became.push("given back"),
      onLost: () => became.push("lost"),
    });
  return { ...ends, socket, became, send };
}

async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await turn();
}

test("keeps a socket open until the other side takes it", async () => {
  let take: (() => void) | undefined;
  const { socket, became, send } = sendSocket((received) => (take = received.take));
  send();
  await turns(3);
  assert.deepEqual([became, socket.destroyed], [[], false]);
  take?.();
  await turns(3);
  assert.deepEqual([became, socket.destroyed], [["taken"], true]);
});

test("leaves a socket to its sender if the other side can't take it", async () => {
  const { other, own, socket, became, send } = sendSocket((received) => {
    assert.equal(received.socket, undefined);
    received.giveBack();
  });
  own.losesSockets = true;
  assert.equal(other.losesSockets, false);
  send();
  await turns(4);
  assert.deepEqual([became, socket.destroyed], [["given back"], false]);
});

for (const when of ["before", "after"] as const) {
  test(`reports a socket as lost, once, when the other side ends ${when} it is sent`, async () => {
    const { own, became, send } = sendSocket(() => undefined);
    if (when === "before") own.close();
    send();
    await turns(2);
    if (when === "after") own.close();
    await turns(2);
    assert.deepEqual(became, ["lost"]);
  });
}

test("a call that can't be sent any more fails as one to a process that has ended", async () => {
  const { link, own } = linkTo({ one: (value: number) => value }, {});
  // The process is gone, and its channel hasn't been closed here yet.
  own.isOpen = false;
  await assert.rejects(link.call("one", 1), (error: unknown) => {
    assert.ok(error instanceof StreamCsvError);
    assert.equal(error.code, "SCSV_WORKER_FAILED");
    assert.match(String(error.cause), /closed/);
    return true;
  });
});
