import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A PostgreSQL server for one test, with a socket in its folder. */
export interface PostgresServer {
  /** Runs SQL and returns the bytes that `psql` prints. */
  run(sql: string): Buffer;
  stop(): void;
}

/** The folder of the newest PostgreSQL's programs, or undefined if none is installed. */
function programsFolder(): string | undefined {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, "bin"))
    .find((folder) => existsSync(join(folder, "initdb")));
}

/** PostgreSQL refuses to run as root. In that case another user runs it. */
function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

/** Starts a server. If that is not possible, returns a sentence that says what is missing. */
export function startPostgres(): PostgresServer | string {
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
  const stop = (): void => {
    run("pg_ctl", ["-D", data, "-m", "immediate", "-w", "stop"]);
    rmSync(folder, { recursive: true });
  };
  run("initdb", ["-D", data, "-U", "test", "-E", "UTF8", "--no-sync", "-A", "trust"]);
  const options = `-c listen_addresses='' -k ${folder} -c fsync=off`;
  run("pg_ctl", ["-D", data, "-o", options, "-l", join(folder, "log"), "-w", "start"]);
  return {
    run: (sql) =>
      run("psql", ["-h", folder, "-U", "test", "-X", "-q", "-v", "ON_ERROR_STOP=1", "postgres"], sql),
    stop,
  };
}
