import { isCodedError, StreamCsvError, withinTime } from "../../src/ground.ts";
import { startRequest, type RequestForm } from "../http/start-request.ts";

const longestText = 4 * 1024 ** 2;

/** How JSON is asked for. */
export interface GetJsonOptions extends Pick<RequestForm, "headers"> {
  readonly signal: AbortSignal;
  /** @default 10000 */
  readonly timeoutMs?: number;
}

/**
 * The JSON that a server answers, on a connection of its own that is closed afterwards. A server that is stopped would
 * wait for a kept connection.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when the answer is not JSON, its status is not 200, or the connection fails
 */
export async function getJson(
  url: URL,
  { signal, headers = {}, timeoutMs = 10_000 }: GetJsonOptions,
): Promise<unknown> {
  const { status, text } = await withinTime(timeoutMs, signal, async (limited) => {
    try {
      return await getText(url, limited, headers);
    } catch (error) {
      if (isOfConnection(error)) throw invalid(`${url.href} gave no answer: ${error.message}`, error);
      if (!limited.aborted || signal.aborted) throw error;
      throw invalid(`${url.href} gave no answer within ${timeoutMs / 1000} s.`, error);
    }
  });
  if (status === 200) {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw invalid(`${url.href} answered something that is not JSON: ${text.slice(0, 200)}`, cause);
    }
  }
  throw invalid(`${url.href} answered ${status}: ${text.slice(0, 500)}`);
}

function getText(
  url: URL,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = startRequest(url, { agent: false, signal, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        // A server may answer any address with its export.
        if (text.length > longestText)
          response.destroy(invalid(`${url.href} does not answer a short JSON text.`));
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    call.on("error", reject);
    call.end();
  });
}

/** Whether an error is of the system or of what was received, such as ECONNRESET. An abort isn't. */
function isOfConnection(error: unknown): error is Error {
  return isCodedError(error) && /^(?:E[A-Z]+|HPE_\w+)$/.test(error.code);
}

function invalid(message: string, cause?: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_MEASUREMENT_INVALID", message, { cause });
}
