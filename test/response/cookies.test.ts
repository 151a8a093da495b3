import assert from "node:assert/strict";
import { test } from "node:test";
import { BadHeaderError, type Clock, type CookieOptions, HttpResponse } from "../../src/index.ts";

const nowMs = Date.UTC(2030, 0, 1);
const clock: Clock = { nowMs: () => 0, wallMs: () => nowMs };

function cookie(value: string, options?: CookieOptions): string {
  const response = new HttpResponse("", { clock });
  response.setCookie("c", value, options);
  return response.cookies.join("\n");
}

const lines: readonly (readonly [options: CookieOptions, line: string])[] = [
  [{}, "c=v; Path=/"],
  [{ path: "/a", domain: "example.org" }, "c=v; Domain=example.org; Path=/a"],
  [{ secure: true, httpOnly: true }, "c=v; Path=/; HttpOnly; Secure"],
  [{ maxAge: 10.9 }, "c=v; Max-Age=10; Path=/; Expires=Tue, 01 Jan 2030 00:00:10 GMT"],
  [{ expires: new Date(nowMs + 5000) }, "c=v; Max-Age=6; Path=/; Expires=Tue, 01 Jan 2030 00:00:05 GMT"],
  [{ expires: new Date(nowMs - 5000) }, "c=v; Max-Age=0; Path=/; Expires=Mon, 31 Dec 2029 23:59:55 GMT"],
  [{ expires: "Wed, 02 Jan 2030 00:00:00 GMT" }, "c=v; Path=/; Expires=Wed, 02 Jan 2030 00:00:00 GMT"],
  [
    { expires: "Wed, 02 Jan 2030 00:00:00 GMT", maxAge: 5 },
    "c=v; Max-Age=5; Path=/; Expires=Wed, 02 Jan 2030 00:00:00 GMT",
  ],
  [{ sameSite: "Lax" }, "c=v; Path=/; SameSite=Lax"],
  [{ sameSite: "strict" }, "c=v; Path=/; SameSite=strict"],
  [{ sameSite: "" }, "c=v; Path=/"],
  [{ partitioned: true, secure: true, sameSite: "none" }, "c=v; Path=/; Secure; Partitioned; SameSite=none"],
];
for (const [options, line] of lines) {
  test(`writes a cookie with ${JSON.stringify(options)} as one line`, () => {
    assert.equal(cookie("v", options), line);
  });
}

test("percent-encodes a value, unless another encoding is given", () => {
  assert.equal(cookie('a b"é,'), "c=a%20b%22%C3%A9%2C; Path=/");
  assert.equal(
    cookie("a;b", { encode: (value) => Buffer.from(value).toString("base64url") }),
    "c=YTti; Path=/",
  );
});

test("refuses contradictory or meaningless attributes", () => {
  const bad: readonly CookieOptions[] = [
    { expires: new Date(nowMs), maxAge: 5 },
    { expires: new Date(Number.NaN) },
    { maxAge: Number.NaN },
    { sameSite: "sometimes" },
  ];
  for (const options of bad)
    assert.throws(() => cookie("v", options), { name: "RangeError", code: "SCSV_ARG_RANGE" });
});

test("refuses characters that would begin another line or attribute", () => {
  for (const value of ["a\r\nb", "a\0", "a; Domain=example.com"])
    assert.throws(() => cookie(value), BadHeaderError);
  const response = new HttpResponse();
  for (const name of ["", "a b", "a=b", "a;b", "a\nb", "é"]) {
    assert.throws(() => response.setCookie(name, "v"), BadHeaderError);
  }
  assert.throws(() => cookie("v", { path: "/;x" }), BadHeaderError);
  assert.throws(() => cookie("v", { domain: "a\nb" }), BadHeaderError);
  assert.throws(() => cookie("v", { expires: "never; Secure" }), BadHeaderError);
  assert.deepEqual(response.cookies, []);
});

test("replaces a cookie and its attributes when it is set again, at the same position", () => {
  const response = new HttpResponse("", { clock });
  response.setCookie("a", "1", { secure: true, maxAge: 5 });
  response.setCookie("b", "2");
  response.deleteCookie("a");
  response.setCookie("a", "3");
  assert.deepEqual(response.cookies, ["a=3; Path=/", "b=2; Path=/"]);
});

test("deletes a cookie by an empty value that expires at the epoch, with Secure if browsers require it", () => {
  const response = new HttpResponse("", { clock });
  response.deleteCookie("plain", { path: "/p", domain: "example.org" });
  response.deleteCookie("__Secure-a");
  response.deleteCookie("__Host-b");
  response.deleteCookie("cross", { sameSite: "None" });
  const gone = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
  assert.deepEqual(response.cookies, [
    `plain=; Max-Age=0; Domain=example.org; Path=/p; ${gone}`,
    `__Secure-a=; Max-Age=0; Path=/; Secure; ${gone}`,
    `__Host-b=; Max-Age=0; Path=/; Secure; ${gone}`,
    `cross=; Max-Age=0; Path=/; Secure; ${gone}; SameSite=None`,
  ]);
});

const prefixes: readonly (readonly [name: string, options: CookieOptions, lacks: RegExp | null])[] = [
  ["__Http-a", { secure: true, httpOnly: true }, null],
  ["__Http-a", { secure: true }, /httpOnly/],
  ["__http-a", { httpOnly: true }, /secure/],
  ["__Host-Http-a", { secure: true, httpOnly: true }, null],
  ["__Host-Http-a", { secure: true }, /httpOnly/],
  ["__Host-Http-a", { secure: true, httpOnly: true, path: "/p" }, /path/],
  ["__Host-Http-a", { secure: true, httpOnly: true, domain: "example.org" }, /domain/],
  ["__Host-a", { secure: true }, null],
  ["__Httpd", {}, null],
];

for (const [name, options, lacks] of prefixes) {
  test(`${lacks === null ? "sets" : "refuses"} ${name} with ${JSON.stringify(options)}`, () => {
    const response = new HttpResponse("", { clock });
    const set = (): void => response.setCookie(name, "v", options);
    if (lacks === null) assert.doesNotThrow(set);
    else assert.throws(set, { code: "SCSV_ARG_RANGE", message: lacks });
  });
}

test("deletes a cookie of a prefix with the attributes that browsers require of it", () => {
  const response = new HttpResponse("", { clock });
  for (const name of ["__Http-a", "__Host-Http-b"]) response.deleteCookie(name);
  for (const line of response.cookies) assert.match(line, /; HttpOnly; Secure;/);
});

test("refuses a cookie that is longer than browsers keep, and a path that they ignore", () => {
  const response = new HttpResponse("", { clock });
  const most = 4096;
  response.setCookie("ab", "x".repeat(most - 2));
  // Three bytes for each letter, when it is encoded.
  response.setCookie("ab", "é".repeat((most - 4) / 6), { secure: true, path: "/long", httpOnly: true });
  for (const value of ["x".repeat(most - 1), "é".repeat(most / 6 + 1)])
    assert.throws(() => response.setCookie("ab", value), { code: "SCSV_ARG_RANGE", message: /4096/ });
  response.setCookie("ab", "", { path: `/${"p".repeat(1023)}` });
  for (const options of [{ path: `/${"p".repeat(1024)}` }, { domain: `${"d.".repeat(512)}ex` }])
    assert.throws(() => response.setCookie("ab", "", options), { code: "SCSV_ARG_RANGE", message: /1024/ });
});

test("refuses an encoder of values that returns no text, such as an async function", () => {
  for (const encode of [async () => "b", () => undefined, () => 5])
    assert.throws(() => cookie("v", { encode: encode as never }), {
      code: "SCSV_ARG_TYPE",
      message: /encode/,
    });
});

test("keeps cookies out of the headers", () => {
  const response = new HttpResponse("", { clock });
  response.setCookie("a", "1");
  assert.equal(response.headers.has("Set-Cookie"), false);
});
