import { readFileSync } from "node:fs";
import tls from "node:tls";

/** Where systems keep the authorities they trust: Debian and Alpine, Red Hat, SUSE, BSD and macOS. */
const systemFiles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
] as const;

let trusted: readonly string[] | undefined;

/**
 * The certificate authorities that `https:` targets are checked with: those of the system, of `SSL_CERT_FILE` and
 * `NODE_EXTRA_CA_CERTS`, and those Node brings. Node by itself trusts only its own, so it would refuse a server whose
 * certificate comes from a company's authority.
 */
export function trustedCertificates(): readonly string[] {
  trusted ??= [...fileTexts(), ...tls.rootCertificates];
  return trusted;
}

function fileTexts(): readonly string[] {
  const named = [process.env["SSL_CERT_FILE"], process.env["NODE_EXTRA_CA_CERTS"]].filter(
    (file) => file !== undefined && file !== "",
  );
  const system = systemFiles.map(textOf).find((text) => text !== "");
  return [...named.map((file) => textOf(String(file))), system ?? ""].filter((text) => text !== "");
}

/** Empty when the file isn't there, as on other systems. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
