import { dirname } from "node:path";
import type { Peer } from "./peer.ts";
import { askVersion, sourceFile } from "./run-program.ts";

/** Debian's Python, for which its packages are installed; the path may find another one first. */
const python = "/usr/bin/python3";
const askVersions =
  "import platform, django, gunicorn; print(f'Django {django.__version__}, gunicorn {gunicorn.__version__}, Python {platform.python_version()}')";

function django(name: string, rowsPerPiece: number, settings: string): Peer {
  return {
    name,
    stack: "Django, gunicorn, csv.writer",
    settings,
    packages: ["python3-django", "gunicorn"],
    exportPath: "/orders.csv",
    findVersion: (signal) => askVersion([python, "-c", askVersions], signal),
    command: ({ poolFile }) => {
      // -B, so that no compiled files are left next to the sources.
      const gunicorn = [python, "-B", "-m", "gunicorn", "--config", sourceFile("gunicorn.conf.py")] as const;
      const application = `django_server:create_application(${JSON.stringify(poolFile)}, ${rowsPerPiece})`;
      return Promise.resolve([...gunicorn, "--chdir", dirname(sourceFile("django_server.py")), application]);
    },
  };
}

/** Streams CSV as in Django's documentation. */
export const djangoPeer: Peer = django(
  "django",
  1,
  "`StreamingHttpResponse` over `csv.writer` with the echo buffer of Django's documentation, a piece a row; gunicorn with one sync worker, no middleware, no database.",
);

/** Streams CSV in a faster way than in Django's documentation. */
export const batchedDjangoPeer: Peer = django(
  "django, batched",
  500,
  "The same, with the text of 500 rows joined to one piece, which saves a chunk and a system call for every row.",
);
