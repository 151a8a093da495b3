import assert from "node:assert/strict";
import { after, test } from "node:test";
import * as fc from "fast-check";
import { vectorValue } from "../../../src/csv/vector-value.ts";
import { openSources } from "../../../src/source/open-source.ts";
import type { Source } from "../../../src/source/source.ts";
import { csvOf, makeDatabase, python, skip, sqlSource, testFolder } from "./sqlite-file.ts";

const folder = testFolder();
after(() => folder.remove());

/** A value as both sides write it: its storage class and its bytes or digits. */
type Told = readonly [kind: string, text: string] | null;

const declarations = [
  "INTEGER",
  "BIGINT",
  "REAL",
  "TEXT",
  "VARCHAR(9)",
  "BLOB",
  "DECIMAL(10,2)",
  "BOOLEAN",
  "DATE",
  "",
];

const integers = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.integer().map(BigInt),
    fc.constantFrom(
      2n ** 53n,
      -(2n ** 53n),
      2n ** 53n - 1n,
      10n ** 15n,
      -(10n ** 15n),
      2n ** 63n - 1n,
      -(2n ** 63n),
    ),
  )
  .map((value): Told => ["i", String(value)]);
const reals = fc.double({ noNaN: true }).map((value): Told => ["r", realHex(value)]);
const texts = fc
  .oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("", "a\0b", "\uFEFFx", "=1+1", "\uFFFD", '"', "é\n"),
  )
  .map((text): Told => ["t", Buffer.from(text, "utf8").toString("hex")]);
const blobs = fc
  .uint8Array({ maxLength: 20 })
  .map((bytes): Told => ["b", Buffer.from(bytes).toString("hex")]);
const nothing = fc.constant<Told>(null);
const cells = fc.constantFrom(
  integers,
  reals,
  texts,
  blobs,
  nothing,
  fc.oneof(integers, nothing),
  fc.oneof(texts, nothing),
  fc.oneof(integers, reals),
  fc.oneof(integers, reals, texts, blobs, nothing),
);
const tables = fc
  .array(fc.tuple(fc.constantFrom(...declarations), cells), { minLength: 1, maxLength: 6 })
  .chain((columns) =>
    fc.record({
      columns: fc.constant(columns.map(([declared]) => declared)),
      rows: fc.array(fc.tuple(...columns.map(([, cell]) => cell)), { maxLength: 200 }),
    }),
  );

function realHex(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString("hex");
}

/** Makes the tables, and tells what Python reads in them. */
const oracle = `
import struct
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("PRAGMA encoding = '" + sys.argv[2] + "'")
def value(v):
    if v is None: return None
    kind, text = v
    if kind == 'i': return int(text)
    if kind == 'r': return struct.unpack('>d', bytes.fromhex(text))[0]
    if kind == 't': return bytes.fromhex(text).decode()
    return bytes.fromhex(text)
def told(v):
    if v is None: return None
    if isinstance(v, int): return ['i', str(v)]
    if isinstance(v, float): return ['r', struct.pack('>d', v).hex()]
    if isinstance(v, str): return ['t', v.encode().hex()]
    return ['b', v.hex()]
out = []
c.execute('BEGIN')
for n, t in enumerate(json.load(sys.stdin)):
    names = ', '.join('"c%d" %s' % (i, d) for i, d in enumerate(t['columns']))
    c.execute('CREATE TABLE t%03d (%s)' % (n, names))
    marks = ', '.join('?' for _ in t['columns'])
    c.executemany('INSERT INTO t%03d VALUES (%s)' % (n, marks), [[value(v) for v in r] for r in t['rows']])
    out.append([[told(v) for v in r] for r in c.execute('SELECT * FROM t%03d' % n)])
c.execute('COMMIT')
json.dump(out, sys.stdout)
`;

async function cellsOf(source: Source): Promise<readonly (readonly Told[])[]> {
  const rows: Told[][] = [];
  for await (const batch of source.read({ signal: new AbortController().signal }))
    for (let row = 0; row < batch.rowCount; row += 1)
      rows.push(batch.columns.map((column) => told(vectorValue(column, row), column.kind === "integer")));
  return rows;
}

function told(value: unknown, isInteger: boolean): Told {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return ["i", String(value)];
  if (typeof value === "number") return isInteger ? ["i", String(value)] : ["r", realHex(value)];
  if (typeof value === "string") return ["t", Buffer.from(value, "utf8").toString("hex")];
  assert.ok(value instanceof Uint8Array);
  return ["b", Buffer.from(value).toString("hex")];
}

/** In a column of integers and fractions an integer of at most 15 digits may come as the same number. */
function asNumber(cell: Told): Told {
  return cell?.[0] === "i" && Math.abs(Number(cell[1])) <= 1e15 ? ["r", realHex(Number(cell[1]))] : cell;
}

for (const encoding of ["UTF-8", "UTF-16le", "UTF-16be"]) {
  test(`reads what Python reads of random tables in ${encoding}`, { skip }, async () => {
    const seed = Number(process.env["SEED"] ?? 20_261_128);
    const random = fc.sample(tables, { numRuns: Number(process.env["RANDOM_TABLES"] ?? 60), seed });
    const path = folder.path(`${encoding}.db`);
    const expected = JSON.parse(python(oracle, [path, encoding], JSON.stringify(random))) as Told[][][];
    const sources = await openSources(path);
    assert.equal(sources.length, random.length);
    for (const [place, source] of sources.entries()) {
      const actual = await cellsOf(source);
      assert.deepEqual(
        actual.map((row) => row.map(asNumber)),
        expected[place]?.map((row) => row.map(asNumber)),
        `table ${place} of seed ${seed}`,
      );
    }
  });
}

test("writes each value as what it is, whatever its column declares", { skip }, async () => {
  const path = makeDatabase(
    folder.path("mixed.sqlite"),
    `CREATE TABLE t (a INTEGER, b TEXT, c DECIMAL(10,2), d BLOB, e BOOLEAN, f);
     INSERT INTO t VALUES (9223372036854775807, 'x', 10, x'00ff', 1, 1), ('seven', 7, 10.5, 'text', 0, 1.5),
       (NULL, NULL, 0.1, NULL, NULL, x'01'), (-9223372036854775808, '', 1e300, 5, 'yes', '=1+1')`,
  );
  const [source] = await openSources(path);
  assert.ok(source !== undefined);
  assert.deepEqual(
    source.columns.map(({ type }) => type),
    ["integer", "text", "mixed", "bytes", "mixed", "mixed"],
  );
  assert.equal(
    await csvOf(source),
    "a,b,c,d,e,f\n9223372036854775807,x,10,\\x00ff,1,1\nseven,7,10.5,text,0,1.5\n,,0.1,,,\\x01\n" +
      '-9223372036854775808,"",1e+300,5,yes,=1+1\n',
  );
});

test("names row and column of a text whose bytes aren't valid, wherever it is", { skip }, async () => {
  const path = makeDatabase(
    folder.path("invalid.sqlite"),
    `CREATE TABLE t (n INTEGER, s TEXT);
     WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000)
     INSERT INTO t SELECT n, CASE WHEN n = 2000 THEN char(65533) WHEN n = 4321 THEN CAST(x'e941' AS TEXT) ELSE 'ok' END FROM c`,
  );
  const [source] = await openSources(path);
  assert.ok(source !== undefined);
  await assert.rejects(csvOf(source), {
    code: "SCSV_SOURCE_UNREADABLE",
    row: 4321,
    column: "s",
    message: /Row 4321 .* "s" that isn't valid Unicode/,
  });
  const good = await sqlSource(path, "SELECT * FROM t WHERE n <= 4320");
  assert.match(await csvOf(good), /\n1999,ok\n2000,\uFFFD\n2001,ok\n/);
  const random = await sqlSource(path, "SELECT n, s, random() AS r FROM t WHERE n <= 4320");
  await assert.rejects(csvOf(random), { code: "SCSV_QUERY_FAILED", message: /another order/ });
});

test(
  "names row and column of half a surrogate pair in UTF-16, of which SQLite makes another character",
  { skip },
  async () => {
    for (const [encoding, half] of [
      ["UTF-16le", "3DD84100"],
      ["UTF-16be", "D83D0041"],
      ["UTF-16le", "00DC"],
    ] as const) {
      const path = makeDatabase(
        folder.path(`half-${encoding}-${half}.db`),
        `PRAGMA encoding = '${encoding}'; CREATE TABLE t (n INTEGER, s TEXT);
       INSERT INTO t VALUES (1, 'a😀é'), (2, NULL), (3, CAST(x'${half}' AS TEXT))`,
      );
      const [source] = await openSources(path);
      assert.ok(source !== undefined);
      await assert.rejects(csvOf(source), { code: "SCSV_SOURCE_UNREADABLE", row: 3, column: "s" });
      assert.equal(
        await csvOf(await sqlSource(path, "SELECT n, s || 'x' AS s FROM t WHERE n < 3")),
        "n,s\n1,a😀éx\n2,\n",
      );
    }
  },
);
