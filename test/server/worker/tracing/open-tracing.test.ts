import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { pino } from "pino";
import { openTracing } from "../../../../src/server/worker/tracing/open-tracing.ts";
import { noTracing } from "../../../../src/server/worker/tracing/transfer-span.ts";

const log = pino({ level: "silent" });
const require = createRequire(import.meta.url);

test("loads nothing where tracing isn't asked for and no SDK runs", async () => {
  const load = (): Promise<never> => assert.fail("the package was loaded");
  assert.equal(await openTracing(null, log, load), noTracing);
  const loaded = Object.keys(require.cache).filter((path) => path.includes("@opentelemetry"));
  assert.deepEqual(loaded, []);
});

test("names the command that installs the package, where tracing is asked for without it", async () => {
  const absent = (): Promise<never> => Promise.reject(new Error("Cannot find package '@opentelemetry/api'"));
  await assert.rejects(openTracing("/app/tracing.js", log, absent), {
    code: "SCSV_TRACING_MISSING",
    message: /run npm install @opentelemetry\/api\.$/,
  });
});
