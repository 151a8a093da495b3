import assert from "node:assert/strict";
import { after, test } from "node:test";
import type Database from "better-sqlite3";
import { openDatabase } from "../../../src/source/sqlite/process/open-database.ts";
import { makeDatabase, skip, testFolder } from "./sqlite-file.ts";

const folder = testFolder();
after(() => folder.remove());

function database(): string {
  return makeDatabase(folder.path("any.sqlite"), "CREATE TABLE IF NOT EXISTS t (n)");
}

test("says what to install when better-sqlite3 is absent", { skip }, async () => {
  const absent = (): Promise<never> =>
    Promise.reject(Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" }));
  await assert.rejects(openDatabase(database(), absent), {
    code: "SCSV_SQLITE_MISSING",
    message: /better-sqlite3, which can't be loaded: run npm install better-sqlite3\.$/,
  });
});

test("says how to build better-sqlite3 again when it is one of another Node", { skip }, async () => {
  function Foreign(): never {
    throw Object.assign(new Error("was compiled against a different version"), { code: "ERR_DLOPEN_FAILED" });
  }
  const foreign = (): Promise<typeof Database> => Promise.resolve(Foreign as unknown as typeof Database);
  await assert.rejects(openDatabase(database(), foreign), {
    code: "SCSV_SQLITE_MISSING",
    message: new RegExp(`built for another version of Node than this one, ${process.version}`),
    hint: "Run: npm rebuild better-sqlite3",
  });
});
