import assert from "node:assert/strict";
import { test } from "node:test";
import {
  requireAllowedHost,
  requireOwnSite,
  type HostRule,
} from "../../../src/server/access/request-origin.ts";

const local: HostRule = { allowedHosts: null, isLocal: true };
const named: HostRule = { allowedHosts: ["exports.example", "::1"], isLocal: true };

const hosts: readonly (readonly [
  rule: HostRule,
  host: string | undefined,
  url: string,
  isAllowed: boolean,
])[] = [
  [local, "localhost", "/", true],
  [local, "LocalHost.:8080", "/", true],
  [local, "127.0.0.1:8080", "/", true],
  [local, "127.9.8.7", "/", true],
  [local, "[::1]:8080", "/", true],
  [local, "[::ffff:127.0.0.1]:8080", "/", true],
  [local, "[::ffff:7f09:807]", "/", true],
  [local, "[::ffff:192.168.0.1]", "/", false],
  [local, "[::ffff:0:127.0.0.1]", "/", false],
  [local, undefined, "/", true],
  [local, "", "/", false],
  [local, "evil.example", "/", false],
  [local, "127.0.0.1.evil.example", "/", false],
  [local, "127.evil", "/", false],
  [local, "localhost.evil.example", "/", false],
  [local, "192.168.0.1", "/", false],
  [local, "[::2]", "/", false],
  [local, "localhost", "http://evil.example/", false],
  [local, "localhost", "http://user@localhost/", false],
  [local, "localhost", "http://localhost:9/", true],
  [named, "exports.example:443", "/", true],
  [named, "EXPORTS.example", "/", true],
  [named, "[::1]", "/", true],
  [named, "[0:0:0:0:0:0:0:1]:8080", "/", true],
  [{ allowedHosts: ["exports.example.", "[FE80:0::1]"], isLocal: true }, "exports.example", "/", true],
  [{ allowedHosts: ["exports.example.", "[FE80:0::1]"], isLocal: true }, "[fe80::1]:8080", "/", true],
  [named, "localhost", "/", false],
  [named, "sub.exports.example", "/", false],
  [{ allowedHosts: ["*"], isLocal: true }, "evil.example", "/", true],
  [{ allowedHosts: null, isLocal: false }, "anything.example", "/", true],
];
for (const [rule, host, url, isAllowed] of hosts)
  test(`${isAllowed ? "allows" : "refuses"} the host ${host} for ${url}, with ${JSON.stringify(rule)}`, () => {
    const ask = (): void => requireAllowedHost({ headers: host === undefined ? {} : { host }, url }, rule);
    if (isAllowed) ask();
    else assert.throws(ask, { code: "SCSV_HOST_NOT_ALLOWED", status: 421 });
  });

const own = { host: "exports.example:8443" };
const requests: readonly (readonly [method: string, headers: Record<string, string>, isAllowed: boolean])[] =
  [
    ["DELETE", {}, true],
    ["DELETE", { origin: "https://exports.example:8443" }, true],
    ["DELETE", { origin: "https://EXPORTS.example:8443", "sec-fetch-site": "same-origin" }, true],
    ["DELETE", { "sec-fetch-site": "none" }, true],
    ["DELETE", { "sec-fetch-site": "cross-site" }, false],
    ["DELETE", { "sec-fetch-site": "same-site" }, false],
    ["DELETE", { "sec-fetch-site": "of its own invention" }, false],
    ["DELETE", { origin: "https://evil.example" }, false],
    ["DELETE", { origin: "https://exports.example" }, false],
    ["DELETE", { origin: "https://exports.example:8443.evil.example" }, false],
    ["DELETE", { origin: "null" }, false],
    ["DELETE", { origin: "" }, false],
    ["DELETE", { origin: "https://evil.example", "sec-fetch-site": "same-origin" }, false],
    ["DELETE", { origin: "https://exports.example:443", host: "exports.example" }, true],
    ["DELETE", { origin: "https://exports.example", host: "exports.example:443" }, true],
    ["DELETE", { origin: "http://exports.example", host: "exports.example:80" }, true],
    ["DELETE", { origin: "http://exports.example", host: "exports.example:443" }, false],
    ["POST", { origin: "https://evil.example" }, false],
    ["PUT", { "sec-fetch-site": "cross-site" }, false],
    ["GET", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }, true],
    ["HEAD", { "sec-fetch-site": "cross-site" }, true],
  ];
for (const [method, headers, isAllowed] of requests)
  test(`${isAllowed ? "allows" : "refuses"} ${method} with ${JSON.stringify(headers)}`, () => {
    const rule = { allowedHosts: null, isLocal: false };
    const ask = (): void => requireOwnSite({ method, headers: { ...own, ...headers } }, rule);
    if (isAllowed) ask();
    else assert.throws(ask, { code: "SCSV_CROSS_SITE", status: 403 });
  });

const ofPublic = "https://exports.example:8443";
const behindProxy: readonly (readonly [
  rule: HostRule,
  origin: string,
  headers: Record<string, string>,
  isAllowed: boolean,
])[] = [
  [named, ofPublic, { "sec-fetch-site": "same-origin" }, true],
  [{ allowedHosts: ["*"], isLocal: false }, ofPublic, { "sec-fetch-site": "same-origin" }, true],
  [local, "http://localhost:5173", { "sec-fetch-site": "same-origin" }, true],
  [local, ofPublic, { "sec-fetch-site": "same-origin" }, false],
  [{ allowedHosts: null, isLocal: false }, ofPublic, { "sec-fetch-site": "same-origin" }, false],
  [named, "https://other.example", { "sec-fetch-site": "same-origin" }, false],
  [named, ofPublic, {}, false],
  [named, ofPublic, { "sec-fetch-site": "none" }, false],
  [named, ofPublic, { "sec-fetch-site": "same-site" }, false],
  [named, ofPublic, { "sec-fetch-site": "cross-site" }, false],
];
for (const [rule, origin, headers, isAllowed] of behindProxy)
  test(`${isAllowed ? "allows" : "refuses"} a page of ${origin} behind a proxy that changes Host, with ${JSON.stringify([rule, headers])}`, () => {
    const request = { method: "POST", headers: { host: "127.0.0.1:8080", origin, ...headers } };
    const ask = (): void => requireOwnSite(request, rule);
    if (isAllowed) ask();
    else assert.throws(ask, { code: "SCSV_CROSS_SITE", status: 403 });
  });
