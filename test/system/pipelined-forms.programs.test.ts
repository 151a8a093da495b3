import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { connectTo, rawAnswers } from "../harness/raw.ts";

const form = "access_token=x";

function post(target: string, lines = "", body = form): string {
  const head = `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
  return `${head}${lines}Content-Length: ${form.length}\r\n\r\n${body}`;
}

function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

const download = "/download/exports/orders.csv?rows=2";

/** Requests that are answered late, so that the body of the next one comes and ends meanwhile. */
const earlier: Readonly<Record<string, string>> = {
  "the primary's numbers": get("/stats"),
  "a buffered export": get("/exports/orders.csv?rows=50000&delivery=buffered"),
  "a prepared file": get("/exports/orders.csv?rows=1000&delivery=file"),
  "a streamed export": get("/exports/orders.csv?rows=50000"),
  "another form": post(download),
};

const incomplete: Readonly<
  Record<string, readonly [bytes: string, finish: boolean, statuses: readonly number[]]>
> = {
  "the client ends its side": [post(download, "", form.slice(0, 3)), true, [400]],
  "the client ends its side before the body": [post(download, "", ""), true, [400]],
  "the client ends its side, behind another request": [
    get("/stats") + post(download, "", "a"),
    true,
    [200, 400],
  ],
  "the client sends nothing more": [post(download, "", form.slice(0, 3)), false, [408]],
  "the client sends nothing more, behind another request": [
    get("/stats") + post(download, "", "a"),
    false,
    [200, 408],
  ],
  "nobody needs the body": [post("/ping", "", form.slice(0, 3)), true, [405]],
};

for (const [model, options] of Object.entries({ async: [], sync: ["--worker-model", "sync"] }))
  describe(`forms that aren't complete, ${model}`, () => {
    let folder = "";
    let server: ServeProcess;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "forms-"));
      const config = join(folder, "stream-csv.json");
      const http = { requestTimeoutMs: 1000 };
      await writeFile(config, JSON.stringify({ server: { http } }));
      server = await startServe(["--config", config, "--header-timeout", "500ms", ...options]);
    });
    after(async () => {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    for (const [what, [bytes, finish, statuses]] of Object.entries(incomplete))
      test(`are answered: ${what}`, { timeout: 120_000 }, async () => {
        const { answers, wasReset } = await rawAnswers(server.url, bytes, { finish });
        // A sync worker takes one request per connection.
        const expected = model === "sync" ? statuses.slice(0, 1) : statuses;
        assert.deepEqual(
          answers.map(({ status }) => status),
          expected,
        );
        assert.equal(wasReset, false);
      });

    // Comes last, because it stops the server.
    test("keep the server from nothing: it stops", { timeout: 120_000 }, async () => {
      server.process.kill("SIGTERM");
      assert.equal((await server.ended).exitCode, 0);
    });
  });

describe("forms behind other requests", () => {
  let server: ServeProcess;
  before(async () => {
    server = await startServe(["--drain-timeout", "60s"]);
  });
  after(() => server[Symbol.asyncDispose]());

  for (const [what, bytes] of Object.entries(earlier)) {
    test(`answers forms that arrive while ${what} is being answered`, { timeout: 120_000 }, async () => {
      const last = post(download, "Connection: close\r\n");
      const { answers, wasReset } = await rawAnswers(
        server.url,
        `${bytes}${post(download)}${post("/ping")}${last}`,
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 405, 200],
      );
      assert.equal(wasReset, false);
      assert.equal(answers[1]?.body, answers[3]?.body);
    });
  }

  // Comes last, because it stops the server.
  test(
    "forgets forms whose clients left before they were complete, and stops at once",
    { timeout: 120_000 },
    async () => {
      for (const first of ["", ...Object.values(earlier)]) {
        for (const half of [form.slice(0, 3), ""]) {
          const socket = connectTo(server.url).on("error", () => undefined);
          socket.write(`${first}${post(download, "", half)}`);
          if (first !== "") await once(socket, "data");
          socket.destroy();
          await once(socket, "close");
        }
      }
      // Once this is answered, the server has seen that the others are gone.
      await rawAnswers(server.url, post(download, "Connection: close\r\n"));
      server.process.kill("SIGTERM");
      const { exitCode } = await server.ended;
      assert.equal(exitCode, 0);
      assert.deepEqual(
        server.log().filter(({ msg }) => msg === "still draining"),
        [],
      );
    },
  );
});
