import assert from "node:assert/strict";
import { test } from "node:test";
import { readExportParameters } from "../../../src/export/parameters.ts";
import type { DeclaredParameter } from "../../../src/export/declared-parameter.ts";
import { withBound } from "../../../src/server/access/bound-parameters.ts";
import { tokenHolder } from "../../../src/server/access/caller.ts";

const common = { type: "text", description: null, default: null, optional: false, oneOf: null } as const;
const declared: readonly DeclaredParameter[] = [
  { ...common, name: "teams", list: true },
  { ...common, name: "tenant", list: false },
];

const lists: readonly (readonly [value: string | readonly string[], items: readonly string[]])[] = [
  ["red,admin", ["red,admin"]],
  [["red,admin"], ["red,admin"]],
  [
    ["red", "blue,admin"],
    ["red", "blue,admin"],
  ],
  [['a "quoted", one\n'], ['a "quoted", one\n']],
  [['"'], ['"']],
  [[""], [""]],
];
for (const [value, items] of lists)
  test(`a token's value ${JSON.stringify(value)} of a list is ${items.length} of it, whatever it holds`, () => {
    const caller = tokenHolder({ name: "acme", parameters: { teams: value, tenant: 'a,"b' } });
    const texts = withBound([], caller, declared);
    assert.deepEqual(readExportParameters(texts, undefined, declared).values, {
      teams: items,
      tenant: 'a,"b',
    });
  });
