/** A type, and values of it that are hard to write, as its input function takes them. */
export interface HardValues {
  readonly type: string;
  readonly values: readonly string[];
  /** The extension that has the type. */
  readonly extension?: string;
}

/** What the types below need that isn't there in every database. */
export const setUp = `
  CREATE TYPE mood AS ENUM ('sad', 'very, happy', 'he said "no"', '=1+1');
  CREATE TYPE pair AS (a int4, b text);
  CREATE TYPE deep AS (p pair, list text[], at timestamptz, bytes bytea);
  CREATE TYPE span AS RANGE (subtype = interval, multirange_type_name = spans);
  CREATE DOMAIN positive AS int4 CHECK (value > 0);
  CREATE DOMAIN label AS text;
  CREATE DOMAIN short_label AS label CHECK (length(value) < 10);
  CREATE DOMAIN price AS numeric(9, 2);
  CREATE DOMAIN many AS int4[];
  CREATE DOMAIN known_pair AS pair;
  CREATE SCHEMA "odd, schema";
  CREATE TABLE "odd, schema"."odd ""table" (n int4);
`;

const builtIn: readonly (readonly [type: string, values: readonly string[]])[] = [
  ["int2", ["0", "-32768", "32767"]],
  ["int4", ["0", "-2147483648", "2147483647"]],
  ["int8", ["0", "-9223372036854775808", "9223372036854775807", "9007199254740993", "-1"]],
  ["oid", ["0", "4294967295"]],
  ["float4", ["0", "-0", "0.1", "1e-45", "3.4028235e38", "16777216", "1e20", "NaN", "Infinity", "-Infinity"]],
  ["float4", ["7.038531e-26", "-7.038531e-26"]],
  ["float8", ["0", "-0", "0.1", "5e-324", "1.7976931348623157e308", "1e20", "123456789012345680"]],
  ["float8", ["1e15", "1e16", "-1e-5", "0.0001", "NaN", "Infinity", "-Infinity"]],
  ["numeric", ["0", "-0.00", "1e100", "123456789012345678901234567890.123456789", "0.0000000001", "100"]],
  ["numeric", ["NaN", "Infinity", "-Infinity", "1", "1e-1000"]],
  ["numeric(9,2)", ["0", "-0.01", "9999999.99", "-9999999.99", "0.1", "10000"]],
  ["numeric(9,2)", ["NaN", "1.5"]],
  ["numeric(15,5)", ["0", "-0.00001", "9999999999.99999", "12345.6789", "NaN"]],
  ["numeric(18,6)", ["0", "-0.000001", "999999999999.999999", "123456789.123456"]],
  ["numeric(18,6)", ["NaN", "-1"]],
  ["numeric(18,0)", ["0", "999999999999999999", "-1", "10000", "9999"]],
  ["numeric(4,4)", ["0", "0.0001", "-0.9999", "0.1"]],
  ["numeric(30,10)", ["0", "12345678901234567890.0123456789", "-0.0000000001", "NaN"]],
  ["boolean", ["true", "false"]],
  ["bytea", ["\\x", "\\x00ff0a2c22", "\\xdeadbeef", "\\x5c5c"]],
  ["date", ["2024-02-29", "1970-01-01", "0001-01-01", "infinity", "-infinity", "5874897-12-31"]],
  ["date", ["0044-03-15 BC", "4713-01-01 BC", "0001-12-31 BC", "9999-12-31", "10000-01-01"]],
  ["timestamp", ["2024-02-29 12:34:56.789012", "1969-12-31 23:59:59.999999", "infinity", "-infinity"]],
  ["timestamp", ["294276-12-31 23:59:59.999999", "0044-03-15 01:02:03 BC", "4713-01-01 00:00:00 BC"]],
  ["timestamp(0)", ["2024-02-29 12:34:56.5", "infinity"]],
  ["timestamptz", ["2024-02-29 12:34:56.789+05:30", "infinity", "-infinity", "1600-01-01 00:00:00+00"]],
  ["timestamptz", ["0044-03-15 01:02:03+00 BC", "294276-12-31 23:59:59.999999+00", "0001-01-01 00:00:00+00"]],
  ["time", ["00:00:00", "23:59:59.999999", "24:00:00"]],
  ["timetz", ["12:34:56+05:30", "00:00:00-12", "24:00:00+15:59:59"]],
  ["interval", ["1 year 2 months 3 days 04:05:06.7", "-1 day", "0", "-00:00:01.5"]],
  ["interval", ["1 year -1 day 2 hours", "-178000000 years", "-1 mon +1 day -00:00:00.000001", "100:00:00"]],
  ["text", ["", " ", 'quote "', "a,b", "line\nbreak", "cr\rlf\r\n", "Grüße 日本 🚀", "\\.", "NULL", "=1+1"]],
  ["varchar(10)", ["", "abc", "äöü"]],
  ["char(5)", ["ab", "", "äöü"]],
  ['"char"', ["a", "", ",", '"', "\\377"]],
  ["name", ["pg_class", 'we"ird']],
  ["json", ['{"a": [1, 2]}', '"text, \\"x\\""', "null", "[ ]", "1.50", '{\n  "a": 1\n}']],
  ["jsonb", ['{"a": [1, 2], "b": null}', '"text"', "123456789012345678901234567890"]],
  ["jsonpath", ['$.a[*] ? (@ > 1)."b c"']],
  ["xml", ["<a>1</a>", '<a b="c"/>', "text", "<a>\n  <b/>\n</a>", ""]],
  ["uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
  ["inet", ["192.168.0.1", "192.168.0.0/24", "::1", "10.1.2.3/8", "2001:db8::1/64", "::ffff:1.2.3.4"]],
  ["cidr", ["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32"]],
  ["macaddr", ["08:00:2b:01:02:03"]],
  ["macaddr8", ["08:00:2b:ff:fe:01:02:03"]],
  ["money", ["-1234.50", "0", "92233720368547758.07"]],
  ["bit(4)", ["1010"]],
  ["bit", ["1"]],
  ["varbit", ["", "101"]],
  ["int4[]", ["{}", "{1,NULL,-3}", "{{1,2},{3,4}}", "[0:1]={7,8}"]],
  ["text[]", ["{}", '{"a,b","c\\"d",NULL,""}', '{"NULL","{","\\\\","a b"}']],
  ["int4range", ["empty", "[1,10)", "(,5]", "(,)"]],
  ["int8range", ["[1,9223372036854775807)"]],
  ["numrange", ["[1.50,2)", "(,NaN]", "[-Infinity,0]"]],
  ["daterange", ["[2024-02-29,infinity)", "[0044-03-15 BC,)"]],
  ["tsrange", ["[2024-01-01,2024-02-01)"]],
  ["tstzrange", ["[2024-01-01 00:00+05:30,infinity]"]],
  ["int4multirange", ["{[1,3),[5,7)}", "{}"]],
  ["datemultirange", ["{(,2024-01-01),[2024-02-01,)}"]],
  ["span", ["[1 day,1 mon)", "empty"]],
  ["spans", ["{[1 day,2 days),[3 days,)}"]],
  ["point", ["(1,2.5)", "(NaN,Infinity)"]],
  ["line", ["{1,-1,0.5}"]],
  ["lseg", ["[(0,0),(1,1)]"]],
  ["box", ["(1,1),(0,0)"]],
  ["path", ["((0,0),(1,1))", "[(0,0),(1,1)]"]],
  ["polygon", ["((0,0),(1,0),(1,1))"]],
  ["circle", ["<(1,2),3>"]],
  ["tsvector", ["'cat' 'fat':2,4", "'it''s':1A", ""]],
  ["tsquery", ["'fat' & ( 'cat' | !'rat':AB )"]],
  ["pg_lsn", ["16/B374D848"]],
  ["pg_snapshot", ["10:20:10,14,15"]],
  ["tid", ["(0,1)"]],
  ["xid8", ["18446744073709551615"]],
  ["oidvector", ["", "1 2 4294967295"]],
  ["int2vector", ["", "1 -2 3"]],
  ["regclass", ["pg_class", '"odd, schema"."odd ""table"', "0"]],
  ["regtype", ["int4", "timestamp with time zone[]"]],
  ["regprocedure", ["lower(text)"]],
  ["refcursor", ["a cursor, open"]],
  ["mood", ["sad", "very, happy", 'he said "no"', "=1+1"]],
  ["pair", ['(1,"a,b")', "(,)", '(1,"line\nbreak ""x""")']],
  ["deep", ['("(1,a)","{x,NULL}","2024-02-29 12:00:00+05:30","\\\\x00ff")', "(,,,)"]],
  ["positive", ["5"]],
  ["label", ["x", "", "-5", '"']],
  ["short_label", ["a,b"]],
  ["price", ["1.5", "NaN", "-0.01"]],
  ["many", ["{1,2}", "{}"]],
  ["known_pair", ['(1,"x ""y""")']],
];

const ofExtensions: readonly (readonly [extension: string, type: string, values: readonly string[]])[] = [
  ["hstore", "hstore", ["", "a=>1", '"a b"=>"c,d", "e"=>NULL, "f\\"g"=>""']],
  ["citext", "citext", ["", "MiXed", 'a "b", c', "=1+1", "line\nbreak"]],
  ["ltree", "ltree", ["", "Top.Science.Astronomy"]],
  ["ltree", "lquery", ["Top.*{1,2}.a|b@*"]],
  ["cube", "cube", ["(1,2.5)", "(0,0),(1,1)", "(NaN)"]],
  ["seg", "seg", ["1.50", "<1e-3 .. 2", "7(+-)1"]],
  ["isn", "isbn13", ["978-0-393-04002-9"]],
  ["isn", "upc", ["220356483481"]],
  ["intarray", "query_int", ["1&(2|!3)"]],
  ["lo", "lo", ["4294967295"]],
];

export const hardValues: readonly HardValues[] = [
  ...builtIn.map(([type, values]) => ({ type, values })),
  ...ofExtensions.map(([extension, type, values]) => ({ extension, type, values })),
];

/** A value as an expression of SQL. */
export function literal(value: string, type: string): string {
  return `'${value.replaceAll("'", "''")}'::${type}`;
}
