import { gunzipSync } from "node:zlib";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer } from "node:http";
import { compress, HttpResponse, send } from "../../../src/index.ts";
import { portOf } from "../serving.ts";
import { type Case, exchange, testCases, useServer } from "./conformance.ts";

const text = "some text that can be compressed; ".repeat(50);
/** Whatever Node has: br and gzip, with br first where a client likes both. */
const transform = compress({ codings: ["br", "gzip"] });
const make: Case[1] = (request) => transform(request, new HttpResponse(text));

/** What is chosen for a field; null is the text itself. */
const table: readonly (readonly [behavior: string, field: string, coding: string | null])[] = [
  ["a coding that is named", "gzip", "gzip"],
  ["another coding that is named", "br", "br"],
  ["the server's order among equals", "gzip, br", "br"],
  ["the server's order among equals, whatever theirs is", "br, gzip", "br"],
  ["the client's order where it has one", "br;q=0.5, gzip;q=0.8", "gzip"],
  ["the client's order, the other way", "br;q=0.8, gzip;q=0.5", "br"],
  ["a weight of 1", "gzip;q=1", "gzip"],
  ["a weight of 1.000", "gzip;q=1.000", "gzip"],
  ["a small weight", "gzip;q=0.001", "gzip"],
  ["a weight with blanks around it", "gzip ; q=0.5 , br ; q=0.1", "gzip"],
  ["a weight with a capital Q", "gzip;Q=0.5, br;q=0.1", "gzip"],
  ["names in capitals", "GZIP", "gzip"],
  ["names in mixed letters", "GZip, deflate", "gzip"],
  ["what is known among what isn't", "deflate, compress, gzip, sdch", "gzip"],
  ["nothing for an unknown coding", "deflate", null],
  ["nothing for an empty field", "", null],
  ["nothing for identity", "identity", null],
  ["nothing for a weight of 0", "gzip;q=0", null],
  ["nothing for a weight of 0.0", "gzip;q=0.0", null],
  ["nothing for a weight of 0.000", "gzip;q=0.000", null],
  ["the one that isn't refused", "br;q=0, gzip", "gzip"],
  ["a star as any coding", "*", "br"],
  ["a star with a weight", "*;q=0.1", "br"],
  ["nothing for a star that is refused", "*;q=0", null],
  ["a named coding with a refused star", "gzip, *;q=0", "gzip"],
  ["what a star leaves over", "br;q=0, *", "gzip"],
  ["a name before a star", "*;q=0.5, gzip;q=1", "gzip"],
  ["identity where it is liked better", "identity;q=1, gzip;q=0.5", null],
  ["a coding where identity is liked less", "identity;q=0.5, gzip;q=1", "gzip"],
  ["a coding where identity is refused", "identity;q=0, gzip", "gzip"],
  ["a coding where identity is liked equally", "identity, gzip", "gzip"],
  ["a list without blanks", "deflate,gzip,br;q=0.1", "gzip"],
  ["a list with empty members", ",, gzip ,,", "gzip"],
  ["a list of many", `${"x,".repeat(2000)}gzip`, "gzip"],
  ["x-gzip as gzip", "x-gzip", "gzip"],
  ["x-gzip with a weight", "x-gzip;q=0.5, br;q=0.1", "gzip"],
  ["X-GZIP in capitals", "X-GZIP", "gzip"],
  ["nothing for x-gzip that is refused", "x-gzip;q=0", null],
  ["nothing for a name that begins as one known", "gzipped", null],
  ["nothing for a name that ends as one known", "not-gzip", null],
  ["nothing for a name in quotes", '"gzip"', null],
];

testCases(
  "Accept-Encoding chooses",
  table.map(([behavior, field, coding]): Case => [
    `${behavior} (${field.slice(0, 40)})`,
    make,
    { headers: { "Accept-Encoding": field } },
    {
      headers: { "Content-Encoding": coding, Vary: "Accept-Encoding" },
      ...(coding === null && { body: text }),
    },
  ]),
);

testCases("Accept-Encoding chooses", [
  [
    "nothing without the header, and says that it matters",
    make,
    {},
    { headers: { "Content-Encoding": null, Vary: "Accept-Encoding" }, body: text },
  ],
  [
    "over two lines as over one",
    make,
    { headers: { "Accept-Encoding": ["br;q=0.1", "gzip"] } },
    { headers: { "Content-Encoding": "gzip" } },
  ],
  [
    "for HTTP/1.0 as for 1.1",
    make,
    { headers: { "Accept-Encoding": "gzip" }, version: "1.0" },
    { headers: { "Content-Encoding": "gzip" } },
  ],
]);

const server = createServer((req, res) => void send(transform(req, new HttpResponse(text)), req, res));
useServer(server);

test("Accept-Encoding chooses gzip by its old name, and the text comes back", async () => {
  const { headers, body } = await exchange(portOf(server), "/", { headers: { "Accept-Encoding": "x-gzip" } });
  assert.equal(headers.get("content-length"), String(body.byteLength));
  assert.equal(gunzipSync(body).toString(), text);
});
