/** What a file in PEM is to hold. */
export type PemContent = "certificate" | "private key";

const beginnings: Readonly<Record<PemContent, RegExp>> = {
  certificate: /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/,
  "private key": /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/,
};
const encrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/;

/**
 * What keeps a text from holding what it is to hold, in words that follow the name of its file; undefined if nothing does.
 *
 * Node takes an empty text for none: a server then has no certificate and fails every handshake, and a client trusts every public
 * authority in place of the one that was named. A file is empty while a program writes it anew, and when the disk is full.
 */
export function pemFault(text: string, content: PemContent): string | undefined {
  if (text.trim() === "") return "is empty";
  if (content === "private key" && encrypted.test(text))
    return "is encrypted: write it without a passphrase, for example by: openssl pkey -in KEY -out PLAIN_KEY";
  return beginnings[content].test(text) ? undefined : `has no ${content} in PEM`;
}
