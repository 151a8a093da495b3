import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { checkTarget } from "../../../bench/subject/target-settings.ts";

const page = new URL("../../../../docs/reference/configuration.md", import.meta.url);

test("the page on the configuration has every setting of a target", async () => {
  let names: readonly string[] = [];
  assert.throws(
    () => checkTarget("api", { comand: "node server.js" }, []),
    ({ message }: Error) => {
      names = (/there are: ([^.]*)\./.exec(message)?.[1] ?? "").split(", ");
      return true;
    },
  );
  assert.ok(names.length > 10, names.join(" "));
  const [, section = ""] = (await readFile(page, "utf8")).split("\n## Targets of the bench\n");
  const rows = (section.split("\n## ")[0] ?? "").matchAll(/^\| `(\w+)` \|/gm);
  assert.deepEqual([...rows].map(([, name = ""]) => name).toSorted(), names.toSorted());
});

for (const address of ["127.0.0.1:8000/orders.csv", "localhost:{port}/orders.csv?rows={rows}"]) {
  test(`the address "${address}" without its protocol is distinguished from a command`, () => {
    assert.throws(() => checkTarget("api", { command: address }, []), {
      message: `The target "api" has the command "${address}", which looks like an address: write http://${address}.`,
    });
  });
}
