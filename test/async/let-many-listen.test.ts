import assert from "node:assert/strict";
import { getMaxListeners, setMaxListeners } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { eitherSignal } from "../../src/async/either-signal.ts";
import { letManyListen } from "../../src/async/let-many-listen.ts";
import { csvChunks, csvResponse } from "../../src/index.ts";
import { ask, readAll, serve } from "../response/serving.ts";

const warnings: Error[] = [];
const note = (warning: Error): void => void warnings.push(warning);
beforeEach(() => {
  warnings.length = 0;
  process.on("warning", note);
});
afterEach(() => process.off("warning", note));

/** More than the ten from which on Node 20 takes the listeners of a signal for a leak. */
const many = 20;

test("many requests may be ended by one signal, without a warning of a leak", async (t) => {
  const stop = new AbortController();
  let begun = 0;
  const allBegun = new AbortController();
  const served = await serve(
    t,
    () =>
      csvResponse(async function* () {
        begun += 1;
        if (begun === many) allBegun.abort();
        for (let id = 1; !allBegun.signal.aborted; id += 1) {
          yield { id };
          await nextTurn();
        }
      }),
    { signal: stop.signal },
  );
  const sockets = await Promise.all(
    Array.from({ length: many }, () => ask(t, served.port, "GET / HTTP/1.1", "Connection: close")),
  );
  for (const socket of sockets) assert.match(await readAll(socket), /^HTTP\/1\.1 200 /);
  assert.deepEqual(warnings, []);
});

test("many readings of rows, and many waits, may be ended by one signal", async () => {
  const { signal } = new AbortController();
  const readings = Array.from({ length: many }, () => csvChunks([{ id: 1 }], { signal }));
  for (const reading of readings) await reading.next();
  for (let count = 0; count < many; count += 1) {
    const either = eitherSignal(signal, new AbortController().signal);
    for (let listeners = 0; listeners < many; listeners += 1) either.addEventListener("abort", () => {});
  }
  await nextTurn();
  assert.deepEqual(warnings, []);
  for (const reading of readings) await reading.return();
});

test("a limit that somebody has set stays, and signals without one are left alone", () => {
  const { signal } = new AbortController();
  setMaxListeners(3, signal);
  letManyListen(signal);
  assert.equal(getMaxListeners(signal), 3);
  setMaxListeners(0, signal);
  letManyListen(signal);
  letManyListen(Object.create(EventTarget.prototype) as AbortSignal);
});
