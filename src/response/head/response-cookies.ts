import type { Clock } from "../../clock.ts";
import {
  type CookieOptions,
  type DeleteCookieOptions,
  formatCookie,
  formatCookieDeletion,
} from "./cookie.ts";
import { checkHeaderValue } from "./header-value.ts";

interface Cookie {
  readonly name: string;
  readonly line: string;
}

/** The cookies of a response, one Set-Cookie line each, in the order in which their names were first set. */
export class ResponseCookies {
  readonly #clock: Clock;
  #cookies: readonly Cookie[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get lines(): readonly string[] {
    return this.#cookies.map(({ line }) => line);
  }

  set(name: string, value: string, options: CookieOptions): void {
    this.#put({ name, line: formatCookie(name, value, options, this.#clock) });
  }

  delete(name: string, options: DeleteCookieOptions): void {
    this.#put({ name, line: formatCookieDeletion(name, options, this.#clock) });
  }

  /**
   * Adds a finished line unchanged; lines of one name may differ in path or domain.
   * @throws BadHeaderError `SCSV_BAD_HEADER` for a control character
   */
  append(line: string): void {
    const name = /^[^=;]*/.exec(line)?.[0].trim() ?? "";
    this.#cookies = [...this.#cookies, { name, line: checkHeaderValue("Set-Cookie", line) }];
  }

  /** Replaces all cookies of the same name by this one. */
  #put(cookie: Cookie): void {
    const place = this.#cookies.findIndex(({ name }) => name === cookie.name);
    this.#cookies =
      place < 0
        ? [...this.#cookies, cookie]
        : this.#cookies
            .with(place, cookie)
            .filter(({ name }, index) => index <= place || name !== cookie.name);
  }
}
