import { STATUS_CODES } from "node:http";
import { wrongRange, wrongType } from "../../errors.ts";
import { describeValue } from "../../body/chunk.ts";

/**
 * Checks a status code, a whole number from 100 to 599; text of digits is accepted too.
 * @throws TypeError `SCSV_ARG_TYPE` if it is not a number; RangeError `SCSV_ARG_RANGE` if it is outside that range
 */
export function checkStatusCode(value: unknown): number {
  const isNumeric =
    typeof value === "number" || (typeof value === "string" && /^\s*[-+]?\d+\s*$/.test(value));
  const code = isNumeric ? Number(value) : Number.NaN;
  if (Number.isNaN(code)) throw wrongType(`A status code is a whole number, not ${describeValue(value)}.`);
  if (!Number.isInteger(code) || code < 100 || code > 599) {
    throw wrongRange(`A status code is a whole number from 100 to 599, not ${describeValue(value)}.`);
  }
  return code;
}

/** The standard reason phrase of a status code (RFC 9110 and others). */
export function defaultReasonPhrase(statusCode: number): string {
  return STATUS_CODES[statusCode] ?? "Unknown Status Code";
}

/** Whether an answer of that status has no body for any method (RFC 9110, sections 6.4.1 and 15.3.6). */
export function isBodiless(statusCode: number): boolean {
  return statusCode < 200 || statusCode === 204 || statusCode === 205 || statusCode === 304;
}
