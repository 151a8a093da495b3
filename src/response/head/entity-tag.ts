import { createHash } from "node:crypto";
import { splitList } from "./split-list.ts";

/** An entity tag as it is sent: `"…"`, or `W/"…"` for a weak one (RFC 9110, section 8.8.3). */
const entityTag = /^(?:W\/)?"[\x21\x23-\x7e\x80-\u00ff]*"$/;

/** What may be put in quotes. */
const bareTag = /^[\x21\x23-\x7e]*$/;

/**
 * Puts a tag in quotes, unless it has them already. A text with characters that a tag can't have is replaced by its
 * SHA-256, so that different texts stay different tags; it is weak if the text is.
 */
export function formatEntityTag(tag: string): string {
  if (entityTag.test(tag)) return tag;
  if (tag.startsWith('W/"')) return weaken(hashEntityTag([Buffer.from(tag)]));
  return bareTag.test(tag) ? `"${tag}"` : hashEntityTag([Buffer.from(tag)]);
}

/** The strong tag of content: its SHA-256. The parts are not joined. */
export function hashEntityTag(parts: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return `"${hash.digest("base64url")}"`;
}

/** The weak form of a tag: the same meaning, perhaps not the same bytes. */
export function weaken(tag: string): string {
  return tag.startsWith("W/") ? tag : `W/${tag}`;
}

/**
 * The tags of an If-Match or If-None-Match, or `"*"`. List members that aren't entity tags, such as unquoted ones,
 * are left out, so they match nothing.
 */
export function parseEntityTags(field: string): readonly string[] | "*" {
  if (field.trim() === "*") return "*";
  // A tag has no escapes, unlike a quoted string: a backslash is an ordinary character.
  return splitList(field, "").filter((member) => entityTag.test(member));
}

/** Whether the tags are equal and not weak: the same bytes. */
export function matchesStrongly(a: string, b: string): boolean {
  return a === b && !a.startsWith("W/");
}

/** Whether the tags are equal apart from weakness: the same meaning. */
export function matchesWeakly(a: string, b: string): boolean {
  return weaken(a) === weaken(b);
}
