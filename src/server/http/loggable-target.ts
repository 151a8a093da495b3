import { isSecretParameter } from "../../export/secret-parameter.ts";

/**
 * The target of a request for a log line or a message, without the signature of a link, so that readers of the log don't
 * get the export, and without the user and password of a whole URL. A query that can't be read is left out.
 */
export function loggableTarget(target = ""): string {
  const [path = "", ...rest] = withoutUser(target).split("?");
  if (rest.length === 0) return path;
  try {
    const pairs = rest
      .join("?")
      .split("&")
      .map((pair) => {
        const [name = ""] = pair.split("=", 1);
        return isSecretParameter(decodeURIComponent(name)) ? `${name}=…` : pair;
      });
    return `${path}?${pairs.join("&")}`;
  } catch {
    return `${path}?…`;
  }
}

/** A whole URL, or its host alone, without the user and password in front of the host; a path stays as it is. */
export function withoutUser(target: string): string {
  return target.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i, "$1…@");
}
