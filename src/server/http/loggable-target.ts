import { isSecretParameter } from "../../export/secret-parameter.ts";

/**
 * The target of a request for a log line or a message, without the signature of a link, so that readers of the log don't
 * get the export. A query that can't be read is left out.
 */
export function loggableTarget(target = ""): string {
  const [path = "", ...rest] = target.split("?");
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
