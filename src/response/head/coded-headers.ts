/** Headers that describe the bytes of a body before it is compressed. */
export const outdatedHeaders: readonly string[] = [
  "Content-Length",
  "Accept-Ranges",
  "Repr-Digest",
  "Content-Digest",
  "Digest",
  "Content-MD5",
];
