import assert from "node:assert/strict";
import { test } from "node:test";
import { declareParameters } from "../../src/export/declare-parameters.ts";
import { exportParameters } from "../../src/export/parameters.ts";

const taken: readonly (readonly [name: string, reason: RegExp])[] = [
  ...exportParameters.map(({ name }) => [name, /every export has a parameter of this name/] as const),
  ...["expires", "key", "signature"].map(
    (name) => [name, /signed links have a parameter of this name/] as const,
  ),
];
for (const [name, reason] of taken)
  test(`an export can't declare the parameter "${name}", which has another meaning`, () =>
    assert.throws(
      () => declareParameters("sales", { year: { type: "integer" }, [name]: { type: "text" } }),
      (error: Error & { readonly code?: string; readonly parameter?: string }) => {
        assert.deepEqual([error.code, error.parameter], ["SCSV_BAD_SETTING", name]);
        assert.match(error.message, new RegExp(`parameter "${name}" of the export "sales"`));
        assert.match(error.message, reason);
        return true;
      },
    ));

test("names that are only like those can be declared", () => {
  const names = ["Expires", "expires_on", "keys", "signature2", "row"];
  const declared = declareParameters(
    "sales",
    Object.fromEntries(names.map((name) => [name, { type: "text" }])),
  );
  assert.deepEqual(
    declared.map(({ name }) => name),
    names,
  );
});
