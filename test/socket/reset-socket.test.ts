import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import * as fc from "fast-check";
import { resetSocket } from "../../src/socket/reset-socket.ts";

const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
before(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
});
after(() => void server.close());

/** Both ends of a connection. */
async function pair(): Promise<{ readonly own: Socket; readonly peer: Socket }> {
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const peer = connect({
    port: (server.address() as AddressInfo).port,
    host: "127.0.0.1",
    allowHalfOpen: true,
  });
  const [[own]] = await Promise.all([accepted, once(peer, "connect")]);
  peer.on("error", () => undefined);
  own.on("error", () => undefined);
  return { own, peer };
}

type Step = "write" | "write much" | "end" | "end much" | "peer ends" | "turn" | "read";

const act: Readonly<Record<Step, (own: Socket, peer: Socket) => unknown>> = {
  write: (own) => own.writable && own.write("some bytes"),
  "write much": (own) => own.writable && own.write(Buffer.alloc(1 << 22)),
  end: (own) => own.end(),
  "end much": (own) => (own.writable ? own.end(Buffer.alloc(1 << 22)) : undefined),
  "peer ends": (_, peer) => peer.end(),
  turn: () => turn(),
  read: (own) => own.resume(),
};
const steps = Object.keys(act) as Step[];

test("closes the socket whatever was done with it before", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...steps), { maxLength: 6 }), async (done) => {
      const { own, peer } = await pair();
      for (const step of done) await act[step](own, peer);
      const errors: NodeJS.ErrnoException[] = [];
      own.on("error", (error) => errors.push(error));
      const closed = once(own, "close");
      if (!own.closed) {
        resetSocket(own);
        await closed;
      }
      assert.deepEqual(
        errors.filter(({ syscall }) => syscall === "reset"),
        [],
      );
      peer.destroy();
    }),
    { numRuns: 150 },
  );
});

test(
  "releases every descriptor, even of sockets that had begun to end",
  { skip: process.platform !== "linux" },
  async () => {
    const descriptors = (): number => readdirSync("/proc/self/fd").length;
    const start = descriptors();
    for (let count = 0; count < 20; count += 1) {
      const { own, peer } = await pair();
      own.end("bye");
      await turn();
      resetSocket(own);
      if (!own.closed) await once(own, "close");
      peer.destroy();
      await once(peer, "close");
    }
    assert.ok(descriptors() <= start + 2, `${start} descriptors became ${descriptors()}`);
  },
);

test("resets a socket with unwritten bytes, so that curl doesn't take the body for complete", async (t) => {
  // Not a Node client: libuv reports a reset as an end if earlier bytes are unread.
  const listener = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      // A stopped reader takes nothing, so the kernel's buffers fill up, however large they are.
      curl.kill("SIGSTOP");
      const mebibyte = Buffer.alloc(1 << 20);
      socket.write("HTTP/1.0 200 OK\r\n\r\n");
      while (socket.writableLength === 0) socket.write(mebibyte);
      socket.end(mebibyte);
      resetSocket(socket);
      curl.kill("SIGCONT");
    });
  });
  t.after(() => listener.close());
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`;
  const curl = spawn("curl", ["--silent", "--http1.0", "--output", "/dev/null", url], { stdio: "ignore" });
  t.after(() => curl.kill("SIGKILL"));
  const [exitCode] = (await once(curl, "exit")) as [number];
  assert.equal(exitCode, 56);
});

test("closes a socket that isn't TCP", async (t) => {
  const path = join(tmpdir(), `reset-${process.pid}.sock`);
  const pipes = createServer((socket) => resetSocket(socket)).listen(path);
  t.after(() => pipes.close());
  await once(pipes, "listening");
  const peer = connect(path);
  peer.on("error", () => undefined).resume();
  await once(peer, "close");
});
