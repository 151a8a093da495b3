import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePortAtOnce } from "./find-free-port-at-once.ts";

/** A MariaDB of one's own, on loopback and through a socket in its folder. */
export interface MariadbServer {
  /** `mysql://test:test@127.0.0.1:PORT/test` */
  readonly url: string;
  /** Runs SQL as the administrator and gives what the client prints, tabs between values and no header. */
  run(sql: string): string;
  stop(): void;
}

const program = ["/usr/sbin/mariadbd", "/usr/libexec/mariadbd", "/usr/local/sbin/mariadbd"].find((path) =>
  existsSync(path),
);

/** MariaDB refuses to run as root without a user to become. */
function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: idOfNobody("-u"), gid: idOfNobody("-g") };
}

function idOfNobody(flag: "-u" | "-g"): number {
  return Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout);
}

/** Starts a server with an empty database `test`; gives a sentence that says what is missing where it can't be. */
export async function startMariadb(): Promise<MariadbServer | string> {
  if (program === undefined) return "MariaDB isn't installed: apt-get install mariadb-server";
  const folder = mkdtempSync(join(tmpdir(), "stream-csv-mariadb-"));
  const user = unprivilegedUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const env = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/bin:/bin`, LC_ALL: "C", HOME: folder };
  const data = join(folder, "data");
  const socket = join(folder, "socket");
  const log = join(folder, "log");
  const run = (command: string, args: readonly string[], input = ""): string => {
    const result = spawnSync(command, args, { ...user, cwd: folder, env, input, encoding: "utf8" });
    if (result.status !== 0) throw new Error(`${command}: ${result.stderr ?? String(result.error)}`);
    return result.stdout;
  };
  const runSql = (sql: string): string => {
    const flags = ["--no-defaults", `--socket=${socket}`, "--user=root", "--batch", "--skip-column-names"];
    return run("mariadb", [...flags, "--default-character-set=utf8mb4"], sql);
  };
  let server: ChildProcess | undefined;
  const stop = (): void => {
    server?.kill("SIGKILL");
    server = undefined;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  // Also when a test file never gets to its end.
  process.once("exit", stop);
  const port = findFreePortAtOnce();
  run("mariadb-install-db", [
    "--no-defaults",
    `--datadir=${data}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
  ]);
  const output = openSync(log, "w");
  server = spawn(
    program,
    [
      "--no-defaults",
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      `--pid-file=${join(folder, "pid")}`,
      "--skip-name-resolve",
      "--innodb-flush-log-at-trx-commit=0",
      "--innodb-buffer-pool-size=32M",
    ],
    { ...user, cwd: folder, env, stdio: ["ignore", output, output] },
  );
  closeSync(output);
  server.unref();
  while (!readFileSync(log, "utf8").includes("ready for connections")) {
    if (server.exitCode !== null) throw new Error(`mariadbd ended: ${readFileSync(log, "utf8")}`);
    await sleep(20);
  }
  runSql(
    `CREATE DATABASE test CHARACTER SET utf8mb4;
    CREATE USER test@127.0.0.1 IDENTIFIED BY 'test'; GRANT ALL ON test.* TO test@127.0.0.1;`,
  );
  return { url: `mysql://test:test@127.0.0.1:${port}/test`, run: runSql, stop };
}
