import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { checkTarget, parseTargetPlace } from "../../../bench/subject/target-settings.ts";
import { withoutPasswords } from "../../../bench/subject/without-passwords.ts";

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

for (const place of ["", "PORT={port} node server.js @ "]) {
  test(`an address with a blank behind "${place}" is refused, instead of being taken for a command`, () => {
    assert.throws(() => parseTargetPlace(`${place}http://127.0.0.1:{port}/orders.csv?name=A B&by=C D`), {
      name: "RangeError",
      message: `The address "http://127.0.0.1:{port}/orders.csv?name=A B&by=C D" has a blank in it; write %20 instead. If it is a part of the command, put quotes around it.`,
    });
  });
}

for (const password of ["hunter2", "hunter 2"]) {
  test(`an address with a blank is refused without its password "${password}"`, () => {
    assert.throws(() => parseTargetPlace(`http://shop:${password}@127.0.0.1/orders.csv?name=A B`), {
      message: /^The address "http:\/\/shop:…@127\.0\.0\.1\/orders\.csv\?name=A B" has a blank/,
    });
  });
}

for (const command of [
  "curl http://127.0.0.1/start | sh; : {port}",
  `pip install "shop @ https://example.org/shop.whl" && python3 -m shop {port}`,
  `pip install shop @ "https://example.org/shop.whl" && python3 -m shop {port}`,
]) {
  test(`the command ${command} has no address`, () => {
    assert.deepEqual(parseTargetPlace(command), { command });
  });
}

for (const [password, sent] of [
  ["pa@ss", "pa@ss"],
  ["pa%40ss", "pa@ss"],
  ["50%off", "50%off"],
  ["%C3%A9", "é"],
] as const) {
  test(`the password "${password}" of an address is sent as Basic, and no part of it stays in the address`, () => {
    const { url, headers } = checkTarget("api", { url: `http://shop:${password}@127.0.0.1/x?by=a@b` }, []);
    assert.equal(url, "http://127.0.0.1/x?by=a@b");
    const [, basic = ""] = (headers["Authorization"] ?? "").split(" ");
    assert.equal(Buffer.from(basic, "base64").toString(), `shop:${sent}`);
  });
}

test("a name that would be lost when a result is read again is refused", () => {
  for (const name of ["constructor", "prototype"])
    assert.throws(() => checkTarget(name, { url: "http://127.0.0.1/" }, []), {
      name: "RangeError",
      message: `The target "${name}" has the name "${name}", which can't be used; give it another.`,
    });
});

for (const [text, shown] of [
  ["A=postgres://u:p@ss/w@h/db node x.js", "A=postgres://u:…@h/db node x.js"],
  ["redis://:secret@h:6379/0", "redis://:…@h:6379/0"],
  ["http://127.0.0.1:3000/x?by=a@b", "http://127.0.0.1:3000/x?by=a@b"],
  ["http://127.0.0.1:{port}/x?by=a@b", "http://127.0.0.1:{port}/x?by=a@b"],
  ["http://u:1234@h:80/", "http://u:…@h:80/"],
] as const) {
  test(`"${text}" is shown as "${shown}"`, () => {
    assert.equal(withoutPasswords(text), shown);
  });
}
