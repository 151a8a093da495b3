import type { ProgramPeer } from "../peer.ts";
import { askVersion } from "../run-program.ts";

/** The least that an export can take: PostgreSQL makes the text, psql writes it to a file. */
export const psqlPeer: ProgramPeer = {
  kind: "program",
  name: "psql, no HTTP",
  stack: "psql, `\\copy` to a file",
  settings:
    "`\\copy (SELECT …) TO 'file' (FORMAT csv, HEADER)`: a yardstick, without HTTP and without a client.",
  packages: ["postgresql-client"],
  async findVersion(signal) {
    const text = await askVersion(["psql", "--version"], signal);
    return text === null ? null : `psql ${/(\d[\d.]*)/.exec(text)?.[1] ?? text}`;
  },
  command: ({ rowsFrom }) =>
    Promise.resolve(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", "\\echo ready", "-f", "-", rowsFrom]),
  task: (file, rows) =>
    `\\copy (SELECT * FROM orders LIMIT ${rows}) TO '${file}' (FORMAT csv, HEADER)\n\\echo done\n`,
};
