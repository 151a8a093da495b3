import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { canonicalLink, isGoodLink, signLink } from "../../../src/server/access/signed-link.ts";

const keys = [
  { id: "k2", secret: "the newer secret" },
  { id: "k1", secret: "das ältere Geheimnis" },
];
const nowMs = 1_800_000_000_000;
const expiresAt = nowMs / 1000 + 60;

/** The path and the decoded parameters of a link, as a server reads them. */
function parts(link: string): readonly [path: string, query: URLSearchParams] {
  const [path = "", query = ""] = link.split("?");
  return [path, new URLSearchParams(query)];
}

function isGood(link: string, atMs = nowMs): boolean {
  return isGoodLink(...parts(link), keys, atMs);
}

const link = signLink(
  "/exports/invoices.csv",
  new URLSearchParams("customer=7&status=open"),
  keys[0]!,
  expiresAt,
);

test("signs the method, the path and all parameters in their one form", () => {
  const text = canonicalLink({
    path: "/exports/a%2fb c!/d%C3%A9.csv",
    parameters: [
      ["z", "1"],
      ["a", "x y+~*'()"],
      ["a", ""],
      ["expires", "9"],
    ],
  });
  assert.equal(text, "GET\n/exports/a%2Fb%20c%21/d%C3%A9.csv\na=&a=x%20y%2B~%2A%27%28%29&expires=9&z=1");
});

test("sorts the encoded pairs, not the names and then the values", () => {
  const parameters = [
    ["a", "1"],
    ["a-", "1"],
    ["ä", "1"],
    ["A", "1"],
  ] as const;
  assert.equal(canonicalLink({ path: "/", parameters }), "GET\n/\n%C3%A4=1&A=1&a-=1&a=1");
});

test("gives the HMAC-SHA-256 of that text, in base64url without padding, by the UTF-8 bytes of the secret", () => {
  const signed = signLink("/exports/orders.csv", new URLSearchParams("rows=2"), keys[1]!, 42);
  const signature = createHmac("sha256", Buffer.from("das ältere Geheimnis", "utf8"))
    .update("GET\n/exports/orders.csv\nexpires=42&key=k1&rows=2")
    .digest("base64url");
  assert.equal(signed, `/exports/orders.csv?rows=2&expires=42&key=k1&signature=${signature}`);
});

test("takes a link of any of its keys until it expires", () => {
  assert.ok(isGood(link));
  assert.ok(isGood(signLink("/exports/orders.csv", new URLSearchParams(), keys[1]!, expiresAt)));
  assert.ok(isGood(link, expiresAt * 1000 - 1));
  assert.ok(!isGood(link, expiresAt * 1000));
});

const spared: readonly (readonly [string, (link: string) => string])[] = [
  ["other order", (whole) => whole.replace("customer=7&status=open", "status=open&customer=7")],
  [
    "more encoding",
    (whole) => whole.replace("customer=7", "%63ustomer=%37").replace("invoices", "%69nvoices"),
  ],
  ["other letters in the encoding", (whole) => whole.replace("open", "%6Fpen")],
  ["empty pairs", (whole) => `${whole.replace("?", "?&")}&&`],
];
for (const [how, change] of spared)
  test(`survives ${how}`, () => {
    const changed = change(link);
    assert.notEqual(changed, link);
    assert.ok(isGood(changed));
  });

const spaced = signLink("/exports/a b.csv", new URLSearchParams({ q: "x y+z" }), keys[0]!, expiresAt);
test("survives a space that becomes a plus in the query, but not in the path", () => {
  assert.ok(isGood(spaced.replace("x%20y%2Bz", "x+y%2Bz")));
  assert.ok(!isGood(spaced.replace("x%20y%2Bz", "x+y+z")));
  assert.ok(!isGood(spaced.replace("a%20b", "a+b")));
});

const tampered: Readonly<Record<string, (link: string) => string>> = {
  "another path": (whole) => whole.replace("invoices", "orders"),
  "another ending": (whole) => whole.replace(".csv", ".tsv"),
  "a slash more": (whole) => whole.replace("/exports/", "/exports//"),
  "an encoded slash": (whole) => whole.replace("/invoices", "%2Finvoices"),
  "another value": (whole) => whole.replace("customer=7", "customer=8"),
  "another name": (whole) => whole.replace("customer=7", "Customer=7"),
  "a parameter more": (whole) => `${whole}&rows=1`,
  "a parameter less": (whole) => whole.replace("&status=open", ""),
  "a parameter twice": (whole) => whole.replace("customer=7", "customer=7&customer=7"),
  "a longer life": (whole) => whole.replace(String(expiresAt), String(expiresAt + 1)),
  "a life of its own notation": (whole) => whole.replace(String(expiresAt), `${expiresAt}.0`),
  "a second life": (whole) => `${whole}&expires=${expiresAt}`,
  "no life": (whole) => whole.replace(/&expires=\d+/, ""),
  "another key": (whole) => whole.replace("key=k2", "key=k1"),
  "an unknown key": (whole) => whole.replace("key=k2", "key=k9"),
  "no key": (whole) => whole.replace("&key=k2", ""),
  "a second key": (whole) => `${whole}&key=k2`,
  "no signature": (whole) => whole.replace(/&signature=.*/, ""),
  "an empty signature": (whole) => whole.replace(/signature=.*/, "signature="),
  "a shorter signature": (whole) => whole.slice(0, -1),
  "a longer signature": (whole) => `${whole}A`,
  "a padded signature": (whole) => `${whole}=`,
  "a second signature": (whole) => `${whole}&signature=${"A".repeat(43)}`,
  "another letter of the signature": (whole) =>
    whole.replace(/signature=(.)/, (_, letter) => `signature=${letter === "A" ? "B" : "A"}`),
  // The last letter of 43 has two bits that are no part of the 32 bytes.
  "another text of the same signature": (whole) => whole.slice(0, -1) + nextLetter(whole.at(-1) ?? ""),
};
for (const [how, change] of Object.entries(tampered))
  test(`refuses a link with ${how}`, () => {
    const changed = change(link);
    assert.notEqual(changed, link);
    assert.ok(!isGood(changed));
  });

function nextLetter(letter: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(letter) ^ 1] ?? "";
}
