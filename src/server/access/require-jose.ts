import { StreamCsvError } from "../../errors.ts";

/**
 * Makes sure that the package that checks JWTs is there, so that a server doesn't start without it.
 * @param resolve finds a package, or throws
 * @throws StreamCsvError `SCSV_JWT_MISSING`
 */
export function requireJose(resolve: (name: string) => string = (name) => import.meta.resolve(name)): void {
  try {
    resolve("jose");
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_JWT_MISSING",
      "Checking JWTs needs the optional package jose, which can't be loaded: run npm install jose.",
      { cause },
    );
  }
}
