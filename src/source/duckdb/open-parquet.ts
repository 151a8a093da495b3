import type { DuckDBResult } from "@duckdb/node-api";
import { StreamCsvError } from "../../errors.ts";
import { distinctNames } from "../column-names.ts";
import { foreignKind, signatureBytes } from "../foreign-kind.ts";
import { guardFile, type GuardedFile } from "../guarded-file.ts";
import type { Source } from "../source.ts";
import { sqlText, type DuckDBModule } from "./database.ts";
import { describedColumns, describeFile, type Describing } from "./description.ts";
import { duckDBSource } from "./duckdb-source.ts";
import { isEncrypted } from "./parquet-footer.ts";
import { schemaTree, type ParquetNode, type SchemaRow } from "./parquet-schema.ts";
import { isOutOfMemory } from "./reason.ts";

/** The most digits of DuckDB's decimals. It reads wider ones wrong, without an error. */
const mostDigits = 38;

/**
 * Opens a Parquet file. Folders named `key=value` around it add no columns. A row is read, so that unreadable data is found at
 * once.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` for encrypted columns and decimals that are too wide;
 *   DuckDB's own error if it can't read the file
 */
export async function openParquet(duckdb: DuckDBModule, path: string, name: string): Promise<Source> {
  const guard = await guardFile(path);
  try {
    return await describeParquet(duckdb, guard, name);
  } finally {
    await guard.close();
  }
}

async function describeParquet(duckdb: DuckDBModule, guard: GuardedFile, name: string): Promise<Source> {
  const { path, version } = guard;
  const state = { path, version, isAttached: false };
  const file = pathText(path);
  const from = `read_parquet(${file}, hive_partitioning=false)`;
  await refuseForeignContents(guard);
  if (await isEncrypted(guard.handle, guard.sizeBytes))
    throw refused(path, "it is encrypted, and stream-csv has no keys", "Write a copy that is not encrypted.");
  const description = await describeFile(duckdb, guard, name, async (describer) => {
    const { schema, rowCount } = await metadataOf(describer, file, from);
    const tree = schemaTree(schema);
    refuseWideDecimals(path, tree);
    const result = await firstRow(describer, from);
    const isWhole = tree.children.length === result.columnCount;
    const nodes = isWhole ? tree.children : [];
    const names = isWhole ? nodes.map((node) => node.name) : result.columnNames();
    const columns = await describedColumns(duckdb, result, distinctNames(names), nodes);
    return { columns, rowCount };
  });
  await guard.checkBytes();
  return duckDBSource(duckdb, { name, kind: "parquet", state, from, ...description });
}

/** Refuses contents of another kind by what they are: DuckDB only misses the magic bytes at their end. */
async function refuseForeignContents({ path, handle }: GuardedFile): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(signatureBytes), 0, signatureBytes, 0);
  const head = buffer.subarray(0, bytesRead);
  const kind = head.toString("latin1", 0, 4) === "PAR1" ? undefined : foreignKind(head);
  if (kind !== undefined) throw refused(path, `it is ${kind.what}`, kind.hint);
}

/** Reads a row, so that DuckDB reads a part of each column. With too little memory for all columns it reads only the types. */
async function firstRow({ connection }: Describing, from: string): Promise<DuckDBResult> {
  try {
    return await connection.run(`SELECT * FROM ${from} LIMIT 1`);
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    return await connection.run(`SELECT * FROM ${from} LIMIT 0`);
  }
}

interface Metadata {
  readonly schema: readonly SchemaRow[];
  readonly rowCount: number;
}

/** Reads the file's metadata with one statement, because for most files each statement costs more than its result. */
async function metadataOf({ connection, duckdb }: Describing, file: string, from: string): Promise<Metadata> {
  // Names are read as bytes, because the client drops a byte order mark at the beginning of a text.
  const result = await connection.run(
    `SELECT encode(name), num_children, converted_type, logical_type, precision,
       (SELECT count(*) FROM ${from})
     FROM parquet_schema(${file})`,
  );
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const rows = await result.getRows();
  const [first = []] = rows;
  return {
    schema: rows.map(([name, childCount, convertedType, logicalType, precision]) => ({
      name: name instanceof duckdb.DuckDBBlobValue ? utf8.decode(name.bytes) : "",
      childCount: Number(childCount ?? 0),
      convertedType: typeof convertedType === "string" ? convertedType : null,
      logicalType: typeof logicalType === "string" ? logicalType : null,
      precision: precision === null ? null : Number(precision),
    })),
    rowCount: Number(first[5]),
  };
}

function refuseWideDecimals(path: string, node: ParquetNode): void {
  for (const child of node.children) refuseWideDecimals(path, child);
  if (node.precision === undefined || node.precision <= mostDigits) return;
  throw refused(
    path,
    `its column ${JSON.stringify(node.name)} has decimals of ${node.precision} digits, and at most ${mostDigits} can be read`,
    "Write that column with fewer digits, or as text.",
  );
}

function refused(path: string, reason: string, hint: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `The file ${JSON.stringify(path)} can't be opened: ${reason}.`,
    { hint },
  );
}

/** Escapes a path for DuckDB's readers, which treat `*`, `?` and `[` as patterns. */
function pathText(path: string): string {
  return sqlText(path.replaceAll(/[*?[]/g, "[$&]"));
}
