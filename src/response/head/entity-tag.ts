import { createHash } from "node:crypto";
import { splitList } from "./list-field.ts";

/** An entity tag as it is sent: `"…"`, or `W/"…"` for a weak one (RFC 9110, section 8.8.3). */
const entityTag = /^(?:W\/)?"[\x21\x23-\x7e\x80-\u00ff]*"$/;

/** A tag in quotes; what has them already stays as it is. */
export function formatEntityTag(tag: string): string {
  return entityTag.test(tag) ? tag : `"${tag.replaceAll(/[^\x21\x23-\x7e]/g, "_")}"`;
}

/** The strong tag of content, from its SHA-256; the parts are not joined. */
export function hashEntityTag(parts: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return `"${hash.digest("base64url")}"`;
}

/** The same tag as a weak one: same meaning, perhaps not the same bytes. */
export function weaken(tag: string): string {
  return tag.startsWith("W/") ? tag : `W/${tag}`;
}

/**
 * The tags of an If-Match or If-None-Match; `"*"` is given as it is. A member of the list that isn't exactly an entity tag,
 * such as one without quotes, is left out, so it matches nothing.
 */
export function parseEntityTags(field: string): readonly string[] | "*" {
  if (field.trim() === "*") return "*";
  // Unlike a quoted string a tag has no escapes: a backslash is a character like any other.
  return splitList(field, "").filter((member) => entityTag.test(member));
}

/** Equal and neither of them weak: the same bytes. */
export function matchesStrongly(a: string, b: string): boolean {
  return a === b && !a.startsWith("W/");
}

/** Equal but for weakness: the same meaning. */
export function matchesWeakly(a: string, b: string): boolean {
  return weaken(a) === weaken(b);
}
