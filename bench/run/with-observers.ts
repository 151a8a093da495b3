import { observePostgres } from "../probe/observe-postgres.ts";
import { observeProcesses } from "../probe/observe-processes.ts";
import type { Observer } from "../probe/observed-work.ts";
import { withoutPasswords } from "../subject/without-passwords.ts";
import { withRangeCode } from "./with-range-code.ts";

/** What is measured beside the servers, as it was named. */
export type ObservedSpec = { readonly name: string } & (
  | { readonly kind: "processes"; readonly pid: number }
  | { readonly kind: "postgres"; readonly url: string }
);

/**
 * Reads `NAME=PID` or `NAME=postgres://…`.
 * @throws RangeError whose message quotes the text, without a password, and says what to write
 */
export function parseObserved(text: string): ObservedSpec {
  const [, name = "", value = ""] = /^([A-Za-z0-9][\w-]*)=(.+)$/s.exec(text.trim()) ?? [];
  if (/^[1-9]\d*$/.test(value)) return { name, kind: "processes", pid: Number(value) };
  if (/^postgres(ql)?:\/\//.test(value)) return { name, kind: "postgres", url: value };
  throw new RangeError(
    `"${withoutPasswords(text)}" is nothing that can be observed: write NAME=PID or NAME=postgres://USER@HOST/DATABASE.`,
  );
}

/** Does something while what was named can be watched; closes all connections to it, whatever happens. */
export async function withObservers<T>(
  specs: readonly ObservedSpec[],
  use: (observers: readonly Observer[]) => Promise<T>,
): Promise<T> {
  const observers: Observer[] = [];
  try {
    for (const spec of specs) observers.push(await observerOf(spec));
    return await use(observers);
  } finally {
    await Promise.all(observers.map((observer) => observer.close()));
  }
}

/** What a report has to say of what is observed: that several are one sum, and what isn't known. */
export function observerNotes(observers: readonly Pick<Observer, "name" | "caveats">[]): readonly string[] {
  const names = observers.map(({ name }) => name);
  const sum = new Intl.ListFormat("en").format(names);
  return [
    ...(names.length < 2 ? [] : [`What is observed of ${sum} is one sum in each row.`]),
    ...observers.flatMap(({ caveats }) => caveats),
  ];
}

async function observerOf(spec: ObservedSpec): Promise<Observer> {
  if (spec.kind === "postgres") return await observePostgres(spec.name, spec.url);
  return await observeProcesses(spec.name, spec.pid).catch((fault: unknown) =>
    withRangeCode(() => {
      throw fault;
    }),
  );
}
