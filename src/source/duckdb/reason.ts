import { toError } from "../../errors.ts";

/** Lines of an error that tell what happened; further ones list settings of a reader that nobody here can set. */
const mostLines = 3;
const mostCharacters = 200;

/** What DuckDB says of a failure, without its advice on settings, and short even where it quotes a line of megabytes. */
export function reasonOf(cause: unknown): string {
  const [told = ""] = toError(cause).message.split(/\n(?:\n|Possible |The search space )/);
  return told
    .split("\n")
    .slice(0, mostLines)
    .map((line) => line.replace(/\.$/, ""))
    .map((line) => (line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line))
    .join(". ");
}
