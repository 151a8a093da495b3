import { phpPeer } from "../php-peer.ts";

/** PHP alone, without a framework. */
export const phpOnRequestPeer = phpPeer({
  name: "php",
  stack: "PHP, fputcsv",
  settings:
    "`fputcsv` to `php://output`, with `output_buffering` of 64 KiB, behind PHP's own web server with one process. PHP reads the words anew for every request.",
  packages: ["php-cli"],
  source: "on-request/orders.php",
  variable: "POOL",
});
