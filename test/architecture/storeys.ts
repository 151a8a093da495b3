/**
 * The storeys of the house, from the ground up: for each folder, its rooms and files. A part imports only parts on lower
 * storeys; parts on one storey don't know each other. `*` is every file of the folder that isn't listed by name; these may
 * import each other as long as there is no circle. The page architecture.md of the documentation has the same table.
 *
 * Every folder of src, bench and bin that holds folders is listed. A folder that isn't listed has no storeys of its own: its
 * files may import each other as long as there is no circle, so that the order is what they import.
 */
export const storeys: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  src: {
    errors: 0,
    units: 0,
    clock: 0,
    async: 1,
    socket: 1,
    ipc: 1,
    admission: 1,
    csv: 1,
    body: 2,
    source: 3,
    compression: 3,
    response: 4,
    "csv-options": 5,
    "csv-chunks": 6,
    "csv-response": 7,
    export: 5,
    spool: 6,
    server: 7,
    index: 8,
    internal: 8,
    "server.ts": 8,
  },
  "src/csv": { "*": 0, fast: 1, "fast-writer": 2, "csv-encoder": 3 },
  "src/source": {
    "*": 0,
    "text-file": 1,
    "file-endings": 2,
    "check-file-options": 3,
    "csv-file": 4,
    duckdb: 4,
    json: 4,
    synthetic: 4,
    "open-source": 5,
  },
  "src/response": { head: 0, "*": 1, adapter: 2, transform: 2 },
  "src/spool": {
    "own-file": 1,
    "spool-fault": 1,
    "spool-file": 1,
    sidecar: 2,
    "spool-request": 2,
    "earlier-files": 3,
    "file-index": 3,
    builder: 3,
    spool: 4,
    folder: 5,
    "file-leases": 5,
  },
  "src/server": {
    metrics: 1,
    shared: 1,
    protocol: 2,
    http: 2,
    page: 2,
    primary: 3,
    worker: 3,
    "start-server": 4,
  },
  "src/server/primary": { placement: 0, "*": 1, state: 2, primary: 3 },
  "src/server/worker": { admission: 0, transfer: 1, route: 2, "*": 3 },
  bench: {
    statistics: 1,
    result: 1,
    probe: 2,
    load: 2,
    subject: 3,
    fault: 0,
    session: 4,
    report: 4,
    scenario: 5,
    gate: 6,
    run: 7,
    index: 8,
    internal: 8,
  },
  "bench/subject": { process: 0, version: 1, "*": 2 },
  "bench/session": { "*": 0, server: 1, survey: 1, measure: 2 },
  "bench/report": {
    model: 0,
    "*": 1,
    read: 2,
    section: 3,
    chart: 3,
    scenario: 4,
    advice: 4,
    annotations: 4,
    junit: 4,
    "build-report": 5,
    html: 6,
    markdown: 6,
    terminal: 6,
    "comparison-text": 7,
    renderers: 7,
  },
  "bench/scenario": {
    "*": 0,
    export: 1,
    leave: 1,
    mixed: 1,
    scaling: 1,
    capacity: 1,
    "slow-readers": 1,
    "sync-workers": 1,
  },
  "bench/gate": { budget: 0, judge: 1, baseline: 2, measure: 2 },
  bin: {
    explain: 0,
    "limit-option": 0,
    "file-flags": 0,
    "guard-terminal": 0,
    option: 0,
    "parse-served-file": 0,
    "report-to-github": 0,
    signal: 0,
    sink: 0,
    "standard-output": 0,
    "tool-identity": 0,
    "bench-progress": 1,
    "config-file": 1,
    "gzip-sink": 1,
    "watch-signals": 1,
    output: 1,
    "reference-digest": 1,
    "bench-flags": 2,
    "serve-settings": 2,
    command: 3,
    main: 4,
    "stream-csv": 5,
  },
};

/** Where one building may enter another: the entries of the package, and what only our own programs need. */
export const entries: readonly string[] = [
  "src/index.ts",
  "src/server.ts",
  "src/internal.ts",
  "bench/index.ts",
  "bench/internal.ts",
];

/** Where the names of this package lead when one of its own files imports it by name. */
export const ownPackage: Readonly<Record<string, string>> = {
  "stream-csv": "src/index.ts",
  "stream-csv/server": "src/server.ts",
  "stream-csv/bench": "bench/index.ts",
};

/** Which buildings a building may enter, and only through their entries. `dev` and `test` may look into every room. */
export const mayEnter: Readonly<Record<string, readonly string[]>> = {
  src: [],
  bench: ["src"],
  bin: ["bench", "src"],
};

/** Rooms whose files may use `process`. Settings reach every other room through parameters. */
export const mayTouchProcess: readonly string[] = [
  "src/ipc/",
  "src/spool/",
  "src/server/",
  "src/source/duckdb/self-check.ts",
  "bench/probe/",
  "bench/load/",
  "bench/subject/",
  "bin/",
  "dev/",
];

/** Names of folders that editors, search and coverage tools take for generated or foreign code. */
export const misleadingFolders: readonly string[] = [
  "generated",
  "target",
  "build",
  "dist",
  "out",
  "vendor",
  "coverage",
  "tmp",
  "node_modules",
];
