import type { IncomingMessage } from "node:http";
import type { HttpSettings } from "../../shared/http-settings.ts";
import { formOf } from "../../http/request-body.ts";
import { readPairs } from "./request-target.ts";

/**
 * The fields of a form that a request has as its body; none for a body of another type.
 * @throws StreamCsvError `SCSV_BAD_REQUEST`, `SCSV_BAD_PARAMETER`, as for a query; `SCSV_CANCELLED` when the client leaves
 */
export async function readForm(
  req: IncomingMessage,
  { parameterCount }: Pick<HttpSettings, "parameterCount">,
): Promise<URLSearchParams> {
  return readPairs(await formOf(req), parameterCount);
}
