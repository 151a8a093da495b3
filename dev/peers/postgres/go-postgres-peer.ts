import { goPeer } from "../go-peer.ts";

/** Go with the driver of Debian. */
export const goPostgresPeer = goPeer({
  name: "go",
  stack: "Go, net/http, lib/pq, encoding/csv",
  settings:
    "`database/sql` with lib/pq, each row scanned into typed variables; one `bufio.Writer` of 64 KiB a response; the query has the request's context.",
  packages: ["golang-go", "golang-github-lib-pq-dev"],
  source: "postgres/go-server.go",
  library: "github.com/lib/pq",
});
