import type { TargetSpec } from "./target-spec.ts";
import { withoutPasswords } from "./without-passwords.ts";

/** Replaces `{port}` and `{rows}` by numbers. */
export function filled(
  text: string,
  { port, rows }: { readonly port: number; readonly rows: number },
): string {
  return text.replaceAll("{port}", String(port)).replaceAll("{rows}", String(rows));
}

/** A target as a result file describes it: names of header fields and variables, never their values. */
export function describeTarget(spec: TargetSpec): Readonly<Record<string, unknown>> {
  const { headers, env, command, setup, body, ping, ...shown } = spec;
  return {
    ...shown,
    ping: ping === undefined ? "/ping" : ping,
    command: command === null ? null : withoutPasswords(command),
    setup: setup === null ? null : withoutPasswords(setup),
    headers: Object.keys(headers),
    env: Object.keys(env),
    bodyBytes: body === null ? null : Buffer.byteLength(body),
  };
}
