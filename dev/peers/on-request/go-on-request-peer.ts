import { goPeer } from "../go-peer.ts";

/** Go's standard library only. */
export const goOnRequestPeer = goPeer({
  name: "go",
  stack: "Go, net/http and encoding/csv",
  settings:
    "net/http, encoding/csv and strconv, compiled once; one `bufio.Writer` of 64 KiB a response, which csv.Writer uses as its own; one slice of strings for all rows. GOMAXPROCS and GOGC as they come, so that its garbage collector may use every core.",
  packages: ["golang-go"],
  source: "on-request/go-server.go",
});
