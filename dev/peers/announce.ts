/** A command that prints the line of a ready peer at once, and becomes a server that can't print it. */
export function announce(port: number, command: readonly string[]): readonly [string, ...string[]] {
  const script = 'echo "listening on $1"; shift; exec "$@"';
  return ["sh", "-c", script, "sh", `http://127.0.0.1:${port}`, ...command];
}
