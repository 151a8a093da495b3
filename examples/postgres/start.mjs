// Starts a PostgreSQL server of its own, fills a table, and serves the exports of stream-csv.yaml from it.
import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const rows = Number(process.env.ROWS ?? 1_000_000);
const port = process.env.PORT ?? "8080";
const here = dirname(fileURLToPath(import.meta.url));
const programs = programsOfPostgres();
const folder = mkdtempSync(join(tmpdir(), "stream-csv-example-pg-"));
const databasePort = await freePort();
// PostgreSQL refuses to run as root; then the user "nobody" runs it.
const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};
if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);

process.on("exit", stopDatabase);
startDatabase();
console.log(`PostgreSQL listens on port ${databasePort}; filling ${rows} rows ...`);
fill();

const cli = fileURLToPath(new URL("dist/bin/stream-csv.js", import.meta.resolve("stream-csv/package.json")));
const server = spawn(process.execPath, [cli, "serve", "--port", port], {
  cwd: here,
  env: { ...process.env, DATABASE_URL: `postgres://example@127.0.0.1:${databasePort}/postgres` },
  stdio: ["ignore", "pipe", "inherit"],
});
server.stdout.setEncoding("utf8").once("data", (text) => {
  process.stdout.write(text);
  const url = text.trim().replace("listening on ", "");
  console.log(`  curl -so orders.csv ${url}/exports/orders.csv`);
  console.log(`  curl '${url}/exports/orders-of-customer.csv?customer=7&status=open,paid'`);
  console.log(`  curl '${url}/exports/revenue.csv?dialect=excel'`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.kill(signal));
server.on("exit", (code) => process.exit(code ?? 1));

function programsOfPostgres() {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root) : [];
  const folders = versions.map((version) => join(root, version, "bin"));
  const found = [...folders, ...(process.env.PATH ?? "").split(":")].find((path) =>
    existsSync(join(path, "initdb")),
  );
  if (found === undefined)
    throw new Error("PostgreSQL isn't installed. On Debian: apt-get install postgresql");
  return found;
}

function run(program, args, input = "") {
  execFileSync(join(programs, program), args, {
    ...user,
    cwd: folder,
    input,
    stdio: ["pipe", "ignore", "inherit"],
  });
}

function startDatabase() {
  const data = join(folder, "data");
  run("initdb", ["-D", data, "-U", "example", "-E", "UTF8", "-A", "trust", "--no-sync"]);
  const options = `-c listen_addresses=127.0.0.1 -c port=${databasePort} -c unix_socket_directories=${folder} -c fsync=off`;
  run("pg_ctl", ["-D", data, "-o", options, "-l", join(folder, "log"), "-w", "start"]);
}

function stopDatabase() {
  if (existsSync(join(folder, "data", "postmaster.pid")))
    run("pg_ctl", ["-D", join(folder, "data"), "-m", "immediate", "-w", "stop"]);
  rmSync(folder, { recursive: true, force: true });
}

function fill() {
  const sql = `
    CREATE TABLE orders (id bigint PRIMARY KEY, customer int, ordered_on date, total numeric(10, 2), status text, note text);
    INSERT INTO orders SELECT n, n % 1000, date '2024-01-01' + (n % 1000)::int, (n % 100000) / 100.0,
      (array['open', 'paid', 'void'])[1 + n % 3], CASE WHEN n % 4 = 0 THEN NULL ELSE 'Smith, no. ' || n END
      FROM generate_series(1, ${rows}) AS n;
    CREATE INDEX ON orders (customer);
    ANALYZE orders;`;
  run(
    "psql",
    [
      "-h",
      "127.0.0.1",
      "-p",
      String(databasePort),
      "-U",
      "example",
      "-X",
      "-q",
      "-v",
      "ON_ERROR_STOP=1",
      "postgres",
    ],
    sql,
  );
}

function idOf(flag) {
  return Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
}
