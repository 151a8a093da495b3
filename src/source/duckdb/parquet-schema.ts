/** A node of a Parquet file's own schema. DuckDB numbers names that differ only in case, and does not recognize some texts. */
export interface ParquetNode {
  readonly name: string;
  /** Whether only the logical type shows that its bytes are text. */
  readonly isText: boolean;
  /** The digits of a decimal, or undefined for any other type. */
  readonly precision: number | undefined;
  readonly children: readonly ParquetNode[];
  /** The items of a list. */
  readonly item: ParquetNode | undefined;
  /** The keys and values of a map. */
  readonly key: ParquetNode | undefined;
  readonly value: ParquetNode | undefined;
  /** The fields of a struct, or undefined if they differ from DuckDB's, or their order does. */
  readonly fieldsFor: (names: readonly string[]) => readonly ParquetNode[] | undefined;
}

/** A row of DuckDB's `parquet_schema`, which lists a node before its children. */
export interface SchemaRow {
  readonly name: string;
  readonly childCount: number;
  readonly convertedType: string | null;
  readonly logicalType: string | null;
  readonly precision: number | null;
}

/** The root of a schema, whose children are the columns. */
export function schemaTree(rows: readonly SchemaRow[]): ParquetNode {
  let next = 0;
  const take = (): ParquetNode => {
    const row = rows[next] ?? nothing;
    next += 1;
    const children = Array.from({ length: Math.min(row.childCount, rows.length - next) }, take);
    return nodeOf(row, children);
  };
  return take();
}

const nothing: SchemaRow = {
  name: "",
  childCount: 0,
  convertedType: null,
  logicalType: null,
  precision: null,
};

function nodeOf(row: SchemaRow, children: readonly ParquetNode[]): ParquetNode {
  const { name, convertedType, logicalType } = row;
  const [first] = children;
  const isList = convertedType === "LIST" || logicalType === "ListType()";
  const isMap = convertedType === "MAP" || convertedType === "MAP_KEY_VALUE" || logicalType === "MapType()";
  const isLogicalText = logicalType !== null && /^(?:String|Enum|JSON|Json)Type\(/.test(logicalType);
  return {
    name,
    isText: isLogicalText && children.length === 0,
    precision:
      convertedType === "DECIMAL" || logicalType?.startsWith("DecimalType(") === true
        ? (row.precision ?? undefined)
        : undefined,
    children,
    item: isList && first !== undefined ? itemOf(first) : undefined,
    key: isMap ? first?.children[0] : undefined,
    value: isMap ? first?.children[1] : undefined,
    fieldsFor: (names) => (areFields(children, names) ? children : undefined),
  };
}

/**
 * Returns the items of a list: the child of its repeated group, or that group itself in the older forms (Parquet format,
 * LogicalTypes.md, "Lists: backward-compatibility rules").
 */
function itemOf(repeated: ParquetNode): ParquetNode {
  const [only] = repeated.children;
  return repeated.children.length === 1 && only !== undefined && repeated.name !== "array" ? only : repeated;
}

/** DuckDB adds a number to a name that differs from an earlier one only in case. */
function areFields(nodes: readonly ParquetNode[], names: readonly string[]): boolean {
  return (
    nodes.length === names.length &&
    nodes.every(({ name }, index) => {
      const shown = names[index] ?? "";
      return shown === name || (shown.startsWith(name) && /^_\d+$/.test(shown.slice(name.length)));
    })
  );
}
