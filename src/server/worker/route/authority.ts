import { isIPv6 } from "node:net";

/**
 * `uri-host [ ":" port ]` (RFC 9112, section 3.2): an address in brackets, or a name (RFC 3986, section 3.2.2). A name has no
 * comma here, because a list of hosts isn't one. Matching is linear.
 */
const form = /^(?:\[(?<address>[^[\]]*)\]|(?:[0-9A-Za-z._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*)(?::\d*)?$/;
/** `IPvFuture`, of which none exists yet. */
const futureAddress = /^v[0-9a-f]+\.[0-9a-z._~!$&'()*+,;=:-]+$/i;

/** Whether a text is a host with an optional port. The host may be empty, as in a Host line. */
export function isAuthority(text: string): boolean {
  const match = form.exec(text);
  if (match === null) return false;
  const address = match.groups?.["address"];
  return address === undefined || isAddress(address);
}

/** Whether a text is the authority of an `http` or `https` URL, which has a host (RFC 9110, section 4.2) and no user. */
export function isHttpAuthority(text: string): boolean {
  return isAuthority(text) && !/^(?::|$)/.test(text);
}

/** The zone of an address, as in `fe80::1%eth0`, means something on one machine only, and isn't part of a URL. */
function isAddress(text: string): boolean {
  return (isIPv6(text) && !text.includes("%")) || futureAddress.test(text);
}
