import { helpText } from "./help-text.ts";

/** The end of the help of `bench`: how targets, versions and budgets are written. */
export const benchHelp = helpText({
  examples: [
    [
      "stream-csv bench --quick",
      "a generated export: streamed, buffered and from a file, in at most a minute",
    ],
    "stream-csv bench --export invoices --param customer=7 -o html=report.html",
    "stream-csv bench --target 'api=PORT={port} node server.js @ http://127.0.0.1:{port}/orders.csv?limit={rows}'",
    "stream-csv bench --target api=https://example.org/orders.csv --header 'Authorization: env:API_TOKEN' --ping none",
    "stream-csv bench --quick --target 'api=PORT={port} node server.js @ http://127.0.0.1:{port}/orders.csv' --against git:main",
    "stream-csv bench --target api=http://127.0.0.1:3000/orders.csv --against http://127.0.0.1:3001/orders.csv --budget api.total_s=10%",
    "stream-csv bench --quick --against git:main --budget streaming.cpu_s_per_mib=5%",
  ],
  sections: `
Targets:
  NAME=URL               a server that runs already; its memory and CPU time are not known
  NAME=COMMAND           started by the shell, and asked at http://127.0.0.1:{port}/
  NAME=COMMAND @ URL     started by the shell, and asked at URL
  {port} is a free port, {rows} the rows of an export; both are optional, and can be used in COMMAND and URL.
  With --target our own server is measured only where --deliveries names it.

Another version:
  git:REF                a commit, tag or branch of the repository you are in: checked out in a temporary folder, and set up
  COMMAND, URL, COMMAND @ URL
                         with --target another version of it; without, COMMAND starts another stream-csv

Budgets:
  NAME.METRIC=PERCENT    how much worse than the other version, or than the baseline
  NAME.METRIC<=VALUE     by itself, with a unit: 'api.first_byte_s<=500ms', 'api.peak_rss_over_idle_bytes<=64MiB'; >= for what should be high

--quick takes at most a minute on two cores for exports of our own server. It measures fewer rounds, and leaves out slow-readers
and sizes of scaling that don't fit. With a target whose exports take longer it says beforehand how long it will take.

Exit codes:
  0 good  1 usage or tool error  2 regression  3 can't be decided, with --strict  4 invalid  130 interrupted
  (129 by SIGHUP, 143 by SIGTERM)
`,
  docs: "docs/guides/measure.md and docs/reference/bench.md",
});
