import { Agent, request, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { trustedCertificates } from "./trusted-certificates.ts";

/** How an address is asked, where that is more than a GET without header fields of its own. */
export interface RequestForm {
  /** @default "GET" */
  readonly method?: string;
  /** Header fields; `Host` overrides the one of the address. What isn't ASCII in a value is sent as UTF-8. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default null */
  readonly body?: string | null;
}

/** Starts a request over `http:` or `https:`; the caller ends it. */
export function startRequest(
  url: URL,
  { headers = {}, ...options }: Omit<RequestOptions, "headers"> & Pick<RequestForm, "headers">,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  const asked = { ...options, headers: inUtf8(headers) };
  if (url.protocol !== "https:") return request(url, asked, onResponse);
  return secureRequest(url, { ...asked, ca: [...trustedCertificates()] }, onResponse);
}

/** Node writes each character of a field as one byte. Exports and autocannon send UTF-8, and a server has to get the same. */
function inUtf8(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, "utf8").toString("latin1")]),
  );
}

/** Keeps connections to an address open between requests, until it is destroyed. */
export function keepAliveAgent({ protocol }: URL): Agent {
  if (protocol !== "https:") return new Agent({ keepAlive: true });
  return new SecureAgent({ keepAlive: true, ca: [...trustedCertificates()] });
}
