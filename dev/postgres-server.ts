import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePortAtOnce } from "./find-free-port-at-once.ts";

/** A PostgreSQL of one's own, on loopback and through a socket in its folder. */
export interface PostgresServer {
  /** `postgres://test@127.0.0.1:PORT/postgres` */
  readonly url: string;
  readonly port: number;
  /** Where its socket and its log are. */
  readonly folder: string;
  /** Runs SQL and gives what `psql` prints, byte for byte. */
  run(sql: string): Buffer;
  /** Lets a role in from now on only with its password; all others are trusted. */
  demandPassword(role: string): void;
  /** Stops it as `pg_ctl stop -m` does, and keeps its data. */
  halt(mode: "fast" | "immediate"): void;
  /** Starts it again after `halt`. */
  restart(): void;
  stop(): void;
}

/** The folder of the newest PostgreSQL's programs; undefined where there is none. */
function programsFolder(): string | undefined {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, "bin"))
    .find((folder) => existsSync(join(folder, "initdb")));
}

/** PostgreSQL refuses to run as root: then another user does it. */
function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: idOfNobody("-u"), gid: idOfNobody("-g") };
}

function idOfNobody(flag: "-u" | "-g"): number {
  return Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout);
}

/**
 * Starts a server; a sentence that says what is missing where it can't be.
 * @param settings of the server, such as `max_connections=20`
 */
export function startPostgres(settings: readonly string[] = []): PostgresServer | string {
  const programs = programsFolder();
  if (programs === undefined) return "PostgreSQL isn't installed: apt-get install postgresql";
  const folder = mkdtempSync(join(tmpdir(), "stream-csv-pg-"));
  const user = unprivilegedUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const run = (program: string, args: readonly string[], input = ""): Buffer => {
    const result = spawnSync(join(programs, program), args, {
      ...user,
      cwd: folder,
      input,
      env: { PATH: programs, LC_ALL: "C", PGOPTIONS: "-c timezone=UTC", HOME: folder },
      maxBuffer: 1 << 28,
    });
    if (result.status !== 0)
      throw new Error(`${program}: ${result.stderr?.toString() ?? String(result.error)}`);
    return result.stdout;
  };
  const data = join(folder, "data");
  const port = findFreePortAtOnce();
  const options = [
    "listen_addresses=127.0.0.1",
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    "fsync=off",
    ...settings,
  ];
  const start = (): void => {
    const flags = options.map((option) => `-c ${option}`).join(" ");
    run("pg_ctl", ["-D", data, "-o", flags, "-l", join(folder, "log"), "-w", "start"]);
  };
  const halt = (mode: "fast" | "immediate"): void => {
    run("pg_ctl", ["-D", data, "-m", mode, "-w", "stop"]);
  };
  run("initdb", ["-D", data, "-U", "test", "-E", "UTF8", "--no-sync", "-A", "trust"]);
  start();
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    try {
      halt("immediate");
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  // Also when a test file never gets to its end.
  process.once("exit", stop);
  const demandPassword = (role: string): void => {
    const file = join(data, "pg_hba.conf");
    writeFileSync(file, `host all ${role} 127.0.0.1/32 scram-sha-256\n${readFileSync(file, "utf8")}`);
    run("pg_ctl", ["-D", data, "reload"]);
  };
  return {
    url: `postgres://test@127.0.0.1:${port}/postgres`,
    port,
    folder,
    run: (sql) =>
      run(
        "psql",
        ["-h", folder, "-p", String(port), "-U", "test", "-X", "-q", "-v", "ON_ERROR_STOP=1", "postgres"],
        sql,
      ),
    demandPassword,
    halt,
    restart: start,
    stop,
  };
}
