import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  parseConnectionUrl,
  withFilesIn,
  type ConnectionTarget,
} from "../../../src/source/postgres/connection-url.ts";

const folder = mkdtempSync(join(tmpdir(), "stream-csv-url-"));
const ca = join(folder, "ca.pem");
const text = "-----BEGIN CERTIFICATE-----\n";
writeFileSync(ca, text);
const [empty, locked] = [join(folder, "empty.pem"), join(folder, "locked.pem")];
writeFileSync(empty, "");
writeFileSync(locked, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
after(() => rmSync(folder, { recursive: true }));

const base = "postgres://user:pass@host/db";

const understood: readonly (readonly [string, Partial<ConnectionTarget>])[] = [
  [base, { host: "host", port: 5432, user: "user", password: "pass", database: "db", ssl: false }],
  [base, { applicationName: "stream-csv", connectTimeoutMs: 10_000, options: undefined }],
  [
    "postgresql://us%40er:p%2Fw%3F@[::1]:5433/d%20b",
    { host: "::1", port: 5433, user: "us@er", password: "p/w?", database: "d b" },
  ],
  ["postgres://user@/db?host=/run/postgresql", { host: "/run/postgresql", password: "" }],
  [
    "postgres:///db?host=/run&user=u&password=a%2Bb+c&port=6000",
    { user: "u", password: "a+b+c", port: 6000 },
  ],
  [`${base}?dbname=other`, { database: "other" }],
  ["postgres://user@host", { database: "user" }],
  [`${base}?connect_timeout=3`, { connectTimeoutMs: 3000 }],
  [`${base}?connect_timeout=0`, { connectTimeoutMs: 0 }],
  [`${base}?application_name=billing%20ui`, { applicationName: "billing ui" }],
  [`${base}?options=-c%20search_path%3Dshop`, { options: "-c search_path=shop" }],
  [`${base}?options=-c+x`, { options: "-c+x" }],
  [`${base}?sslmode=disable`, { ssl: false }],
  [`${base}?sslmode=disable&channel_binding=prefer`, { enableChannelBinding: false }],
  [`${base}?sslmode=require&channel_binding=prefer`, { enableChannelBinding: true }],
  [`${base}?sslmode=require&channel_binding=disable`, { enableChannelBinding: false }],
  [`${base}?sslmode=disable&sslmode=verify-full`, { ssl: { rejectUnauthorized: true } }],
  [`${base}?sslmode=verify-full&sslrootcert=system`, { ssl: { rejectUnauthorized: true } }],
];
for (const [url, expected] of understood)
  test(`reads ${url}`, () => {
    const target = parseConnectionUrl(url);
    assert.deepEqual({ ...target, ...expected }, target);
  });

test("checks who signed a certificate where the URL says whom to trust, as libpq does, and not otherwise", () => {
  const checked = (options: string): readonly unknown[] => {
    const { ssl } = parseConnectionUrl(`${base}?${options}`);
    assert.ok(ssl !== false);
    return [ssl.rejectUnauthorized, ssl.ca, ssl.checkServerIdentity === undefined];
  };
  const file = encodeURIComponent(ca);
  assert.deepEqual(checked("sslmode=require"), [false, undefined, false]);
  assert.deepEqual(checked(`sslmode=require&sslrootcert=${file}`), [true, text, false]);
  assert.deepEqual(checked(`sslmode=verify-ca&sslrootcert=${file}`), [true, text, false]);
  assert.deepEqual(checked(`sslmode=verify-full&sslrootcert=${file}`), [true, text, true]);
});

const secret = "s3cret";
const refused: readonly (readonly [string, RegExp])[] = [
  [
    "mysql://u@h/d",
    /doesn't begin with postgres:\/\/: write postgres:\/\/USER:PASSWORD@HOST:5432\/DATABASE\.$/,
  ],
  [secret, /doesn't begin with postgres:/],
  [`${secret}:x@h`, /doesn't begin with postgres:/],
  [`postgres://u:${secret}/x@h/d`, /is not a URL: .* In a password a \/ is written as %2F/],
  [`postgres://u:12/${secret}@h/d`, /names no user: .* In a password a \/ is written as %2F/],
  [`postgres://u:12?${secret}@h/d`, /names no user/],
  [`postgres://u:12#${secret}@h/d`, /names no user/],
  [`postgres://u:100%${secret}@h/d`, /has a % that no two hexadecimal digits follow: write it as %25\.$/],
  [`postgres://u:${secret}@h/d#x`, /has a #, which is written as %23\.$/],
  [`postgres://u:${secret}@a,b/d`, /names several hosts; it takes one\.$/],
  ["postgres://host/db", /names no user/],
  [
    `${base}?conect_timeout=1`,
    /has the option "conect_timeout", which is not known; there are host, .*\. Did you mean "connect_timeout"\?$/,
  ],
  [`${base}?target_session_attrs=any`, /has the option "target_session_attrs", which is not known/],
  [
    `${base}?sslmode=prefer`,
    /has sslmode=prefer, with which nobody knows whether there is TLS: write sslmode=verify-full/,
  ],
  [`${base}?sslmode=allow`, /has sslmode=allow/],
  [
    `${base}?sslmode=${secret}`,
    /has the option sslmode, which takes disable, require, verify-ca, verify-full\.$/,
  ],
  [`${base}?sslrootcert=x`, /has sslrootcert without sslmode: add sslmode=verify-full\.$/],
  [`${base}?sslmode=require&sslrootcert=system`, /needs sslmode=verify-full\.$/],
  [
    `${base}?sslmode=verify-ca&sslrootcert=/no/such`,
    /has the option sslrootcert, whose file can't be read: ENOENT/,
  ],
  [
    `${base}?sslmode=verify-ca&sslrootcert=${encodeURIComponent(empty)}`,
    /has the option sslrootcert, whose file is empty\.$/,
  ],
  [
    `${base}?sslmode=verify-full&sslrootcert=${encodeURIComponent(locked)}`,
    /has the option sslrootcert, whose file has no certificate in PEM\.$/,
  ],
  [
    `${base}?sslmode=require&sslcert=${encodeURIComponent(empty)}`,
    /has the option sslcert, whose file is empty/,
  ],
  [
    `${base}?sslmode=require&sslkey=${encodeURIComponent(ca)}`,
    /sslkey, whose file has no private key in PEM\.$/,
  ],
  [
    `${base}?sslmode=require&sslkey=${encodeURIComponent(locked)}`,
    /sslkey, whose file is encrypted: .* openssl pkey/,
  ],
  [
    `${base}?sslmode=require&channel_binding=require`,
    /has channel_binding=require, which the package "pg" can't demand of a server: write channel_binding=prefer/,
  ],
  [`${base}?channel_binding=${secret}`, /takes disable or prefer\.$/],
  [
    `${base}?connect_timeout=1.5`,
    /has the option connect_timeout, which takes seconds, or 0 for no limit\.$/,
  ],
  [
    `${base}?application_name=${"n".repeat(33)}`,
    /takes 1 to 32 ASCII characters, since the transfer's id follows it\.$/,
  ],
  [`${base}?port=0`, /has a port that isn't one: it takes 1 to 65535\.$/],
  [`postgres://u:${secret}@h:0/d`, /has a port that isn't one: it takes 1 to 65535\.$/],
  [`postgres://u:${secret}@h:65536/d`, /has a port that isn't one: it takes 1 to 65535\.$/],
  [`postgres://u:${secret}@a:1,b:2/d?target_session_attrs=any`, /names several hosts; it takes one\.$/],
];
for (const [url, message] of refused)
  test(`refuses ${url}, and quotes no part of it that may be a password`, () => {
    assert.throws(
      () => parseConnectionUrl(url),
      (error: Error & { code: string }) => {
        assert.equal(error.code, "SCSV_ARG_RANGE");
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, new RegExp(`${secret}|\\.\\.$`));
        return true;
      },
    );
  });

test("makes the paths of files absolute, and changes nothing else", () => {
  const url =
    "postgres://u:p+%2F@h/d?sslmode=verify-full&sslrootcert=certs/ca%20x.pem&options=a+b&sslkey=/k&sslcert=c";
  assert.equal(
    withFilesIn("/etc/app", url),
    "postgres://u:p+%2F@h/d?sslmode=verify-full&sslrootcert=%2Fetc%2Fapp%2Fcerts%2Fca%20x.pem&options=a+b&sslkey=%2Fk&sslcert=%2Fetc%2Fapp%2Fc",
  );
  assert.equal(withFilesIn("/etc", `${base}?sslrootcert=system`), `${base}?sslrootcert=system`);
});
