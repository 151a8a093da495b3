import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutUserInfo } from "../../bin/without-user-info.ts";

const texts: readonly (readonly [text: string, shown: string])[] = [
  ["postgres://u:p@h/d is refused", "postgres://…@h/d is refused"],
  ['"redis://:p@ss:w0rd/@h:1/2" and https://u@h/?a=b', '"redis://…@h:1/2" and https://…@h/?a=b'],
  ["http://h/a,http://u:p@h/b", "http://…@h/b"],
  ["http://h/ a@b", "http://h/ a@b"],
  ["file:///home/me@work/a.csv", "file:///home/me@work/a.csv"],
  ["profile://u:p@h", "profile://…@h"],
  [
    "postgres://USER:PASSWORD@HOST/DATABASE, or postgres://USER@HOST",
    "postgres://USER:PASSWORD@HOST/DATABASE, or postgres://USER@HOST",
  ],
  ["://@", "://…@"],
];
for (const [text, shown] of texts)
  test(`shows ${JSON.stringify(text)} without users and passwords`, () => {
    assert.equal(withoutUserInfo(text), shown);
  });

test("takes one step for each letter, whatever looks like a URL", () => {
  const text = "://".repeat(1_000_000);
  assert.equal(withoutUserInfo(text), text);
  assert.equal(withoutUserInfo(`${text}u:p@h`), "://…@h");
});
