import { StreamCsvError, type FaultCode } from "../../errors.ts";

/** A fault whose answer needs additional headers. */
export class HttpFault extends StreamCsvError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: FaultCode, message: string, headers: Readonly<Record<string, string>>) {
    super(code, message);
    this.headers = headers;
  }
}
