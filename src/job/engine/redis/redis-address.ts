/** The address of a Redis as people may see it: without user, password and query. */
export function redisAddress(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url);
  const database = /^\/\d+$/.test(pathname) && pathname !== "/0" ? pathname : "";
  return `${protocol}//${hostname}:${port === "" ? 6379 : port}${database}`;
}

/** Text without the password of a URL. */
export function withoutPassword(text: string, url: string): string {
  const { password } = new URL(url);
  return [password, decoded(password)]
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
