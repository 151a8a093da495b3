import { Agent, request, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { trustedCertificates } from "./trusted-certificates.ts";

/** How an address is asked, where that is more than a GET without header fields of its own. */
export interface RequestForm {
  /** @default "GET" */
  readonly method?: string;
  /** Header fields; `Host` overrides the one of the address. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default null */
  readonly body?: string | null;
}

/** Starts a request over `http:` or `https:`; the caller ends it. */
export function startRequest(
  url: URL,
  options: RequestOptions,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  if (url.protocol !== "https:") return request(url, options, onResponse);
  return secureRequest(url, { ...options, ca: [...trustedCertificates()] }, onResponse);
}

/** Keeps connections to an address open between requests, until it is destroyed. */
export function keepAliveAgent({ protocol }: URL): Agent {
  if (protocol !== "https:") return new Agent({ keepAlive: true });
  return new SecureAgent({ keepAlive: true, ca: [...trustedCertificates()] });
}
