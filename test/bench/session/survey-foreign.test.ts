import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import type { Session } from "../../../bench/session/session.ts";
import { surveyForeign, type ForeignSurvey } from "../../../bench/session/survey/survey-foreign.ts";
import { foreignTarget } from "../../../bench/subject/foreign-target.ts";
import { checkTarget } from "../../../bench/subject/target-settings.ts";
import { systemClock } from "../../../src/ground.ts";

const { signal } = new AbortController();
const session: Session = { exportName: "", clock: systemClock, signal };
const asked = 20;

/** Surveys a server that answers so; an address without a number of rows asks for none. */
async function survey(
  t: TestContext,
  answer: (response: ServerResponse, rows: number) => void,
  query = "",
): Promise<ForeignSurvey> {
  const server = createServer(({ url = "" }, response) =>
    answer(response, Number(new URL(url, "http://x").searchParams.get("rows") ?? asked)),
  );
  t.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/x.csv${query}`;
  const target = foreignTarget(checkTarget("api", { url, ping: null, stats: null }, []));
  return await surveyForeign(session, target, {
    rows: asked,
    reference: null,
    availableRows: null,
    isControl: false,
  });
}

const csv = (rows: number): string => `id,name\r\n${"1,a\r\n".repeat(rows)}`;
const lines = "\n".repeat(30);

const otherBodies: readonly (readonly [type: string, body: string | Buffer, sentence: RegExp])[] = [
  ["application/x-ndjson", '{"id":1}\n{"id":2}\n', /is JSON \(application\/x-ndjson\) and not rows of CSV/],
  [
    "text/csv",
    '{\n  "error": "no rights",\n  "id": 7\n}\n',
    /is JSON \(text\/csv\) .* it begins with "\{\\n/,
  ],
  ["", '[\n  {"id": 1},\n  {"id": 2}\n]\n', /is JSON and not rows/],
  ["text/plain", "[\n[1,2],\n[3,4]\n]\n", /is JSON \(text\/plain\)/],
  ["application/pdf", `%PDF-1.7${lines}`, /is a PDF file and not rows of CSV/],
  ["application/octet-stream", `PAR1${lines}PAR1`, /is a Parquet file/],
  ["application/octet-stream", `Obj\u0001${lines}`, /is an Avro file/],
  ["application/octet-stream", `ARROW1\0\0${lines}`, /is an Arrow file/],
  ["application/octet-stream", `SQLite format 3\0${lines}`, /is a SQLite database/],
  ["application/vnd.ms-excel", Buffer.from(`d0cf11e0a1b11ae1${"0a".repeat(30)}`, "hex"), /is an Excel file/],
  [
    "multipart/mixed; boundary=b",
    `--b\r\n\r\n${csv(2)}\r\n--b--\r\n`,
    /has the type multipart\/mixed; b.*--b/,
  ],
  ["text/event-stream", "data: id,name\n\ndata: 1,a\n\n", /has the type text\/event-stream, which is not/],
];
for (const [type, body, sentence] of otherBodies) {
  test(`an answer of type "${type}" that begins with ${JSON.stringify(body.toString("latin1").slice(0, 12))} is not rows`, async (t) => {
    const { faults } = await survey(t, (response) => {
      if (type !== "") response.setHeader("Content-Type", type);
      response.end(body);
    });
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.match(faults[0] ?? "", sentence);
  });
}

for (const [type, body] of [
  ["application/vnd.ms-excel", csv(asked)],
  ["application/octet-stream", `{id},[name]\r\n${"1,a\r\n".repeat(asked)}`],
  ["text/csv", `[id],{name}\r\n${"1,a\r\n".repeat(asked)}`],
  ["text/csv; charset=utf-16le", Buffer.from(`\uFEFF${csv(asked)}`, "utf16le")],
] as const) {
  test(`rows of type "${type}" that begin with ${JSON.stringify(body.toString("latin1").slice(0, 12))} are rows`, async (t) => {
    const found = await survey(t, (response) => {
      response.setHeader("Content-Type", type);
      response.end(body);
    });
    assert.deepEqual(found.faults, []);
    assert.equal(found.body.rows, asked);
    assert.ok(!found.notes.some((note) => note.startsWith("Record ")));
  });
}

test("a wrong number of rows is reported with the record that has other cells, such as an error message", async (t) => {
  const { faults } = await survey(
    t,
    (response, rows) => void response.end(`${csv(rows)}ERROR: canceling statement\r\n`),
    "?rows={rows}",
  );
  assert.deepEqual(faults, [
    `api gave 21 rows, and was asked for 20. Record 22 of api has 1 cell, and the first has 2: an error message may stand among its rows, or their end may be missing.`,
  ]);
});

test("one row in the place of many is called a row", async (t) => {
  const { faults } = await survey(t, (response) => void response.end(csv(1)), "?rows={rows}");
  assert.match(faults[0] ?? "", /^api gave 1 row, and was asked for 20\. If it has no more, --rows 1 /);
});

test("a server that refuses an export of one row has as many rows as it was asked for", async (t) => {
  for (const status of [400, 429]) {
    const found = await survey(
      t,
      (response, rows) => {
        if (rows > 1) response.end(csv(rows));
        else response.writeHead(status).end("rows is at least 10\n");
      },
      "?rows={rows}",
    );
    assert.deepEqual(found.faults, []);
    assert.equal(found.body.rows, asked);
  }
});

test("a redirect is quoted without the values of its query, which may sign it", async (t) => {
  for (const [location, quoted] of [
    [
      "https://files.example/e.csv?X-Sig=s3cret&Expires=9#part",
      "https://files.example/e.csv?X-Sig=…&Expires=…",
    ],
    ["https://user:s3cret@files.example/e.csv", "https://user:…@files.example/e.csv"],
    ["/e.csv?s3cret", "/e.csv?…"],
    ["/e.csv", "/e.csv"],
  ] as const) {
    const { faults } = await survey(t, (response) => void response.writeHead(302, { location }).end());
    assert.equal(
      faults[0],
      `The export of api answered 302 instead of 200, with a redirect to ${quoted}, which bench doesn't follow.`,
    );
  }
});
