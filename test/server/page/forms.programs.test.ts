import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parameterTypes } from "../../../src/export/parameter-type.ts";
import { openBrowser, skippedWithoutChromium, type BrowserPage } from "../../harness/chromium.ts";
import { runCli, startServe, type ServeProcess } from "../../harness/cli.ts";

const skip = skippedWithoutChromium;

/** An export whose one row is what its parameters became. */
const parameters = {
  customer: { type: "integer" },
  amount: { type: "decimal", default: "-12.50" },
  open: { type: "boolean", default: true },
  archived: { type: "boolean", optional: true },
  since: { type: "date", default: "2020-01-01" },
  until: { type: "timestamp", optional: true },
  note: { type: "text", optional: true, description: 'What "it" is <about> & why' },
  trace: { type: "uuid", optional: true },
  status: { type: "text", oneOf: ["open", "paid", "a & b"], default: "open" },
  must: { type: "text", oneOf: ["x", "y"] },
  states: { type: "text", list: true, oneOf: ["open", "paid", "void"], default: ["open", "paid"] },
  ids: { type: "integer", list: true },
  tags: { type: "text", list: true, optional: true },
};

/** Names of parameters that forms have as properties, which a field of that name replaces. */
const propertyNames = ["dataset", "querySelector", "addEventListener", "closest", "method", "submit"];

let folder: string;
let server: ServeProcess;
let browser: BrowserPage | undefined;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-forms-"));
  await writeFile(
    join(folder, "stream-csv.config.mjs"),
    `export default { exports: { everything: {
      columns: ["values"],
      parameters: ${JSON.stringify(parameters)},
      rows: ({ parameters }) => [[JSON.stringify(parameters, (_, value) => typeof value === "bigint" ? String(value) : value)]],
    }, ${propertyNames.map((name) => `of_${name}: { columns: ["n"], parameters: { ${name}: { type: "text", optional: true } }, rows: () => [[1]] }`).join(", ")} } };`,
  );
  server = await startServe(["--config", join(folder, "stream-csv.config.mjs")]);
  if (skip === false) browser = await openBrowser();
});
after(async () => {
  await browser?.[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function openForm(): Promise<void> {
  await browser?.open(`${server.url}/`, { widthPx: 1280, scheme: "light", media: "screen" });
}

/** Fills fields as a person does, and tells the address that the form shows. */
async function fill(values: Readonly<Record<string, string | readonly string[]>>): Promise<string> {
  return String(
    await browser?.evaluate(`(() => {
      const form = document.querySelector('form[action="./download/everything"]');
      for (const [name, value] of Object.entries(${JSON.stringify(values)})) {
        const field = form.elements[name];
        if (field.multiple) for (const option of field.options) option.selected = value.includes(option.value);
        else field.value = value;
        if (!field.multiple && field.value !== value) return "the field of " + name + " doesn't take " + value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      return form.checkValidity() ? form.querySelector(".address").href : "a field is missing";
    })()`),
  );
}

/** The row that the command line writes for the same values. */
async function exported(values: Readonly<Record<string, string | readonly string[]>>): Promise<string> {
  const flags = Object.entries(values).flatMap(([name, value]) =>
    [value].flat().flatMap((each) => ["--param", `${name}=${each}`]),
  );
  const config = ["--config", join(folder, "stream-csv.config.mjs")];
  const { exitCode, stdout, stderr } = await runCli(["export", "everything", ...config, ...flags]);
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

const filled: readonly Readonly<Record<string, string | readonly string[]>>[] = [
  { customer: "7", must: "x", ids: "1" },
  {
    customer: "-9223372036854775808",
    amount: "0.125",
    open: "false",
    archived: "true",
    since: "2026-02-28",
    until: "2026-11-28T14:05:09+01:00",
    note: `it's "50%" & <more> + ü`,
    trace: "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    status: "a & b",
    must: "y",
    states: ["open", "void"],
    ids: "3,1,2",
    tags: `one,"two, three"`,
  },
];
for (const values of filled)
  test(
    `the form with ${Object.keys(values).length} fields filled asks for what the command line exports`,
    { skip },
    async () => {
      await openForm();
      const address = await fill(values);
      assert.ok(address.startsWith(server.url), address);
      const answer = await (await fetch(address)).text();
      assert.equal(answer, await exported(values));
      assert.match(answer, new RegExp(String(values["customer"])));
    },
  );

test("a form without script asks for the same", { skip }, async () => {
  await openForm();
  const address = new URL(await fill(filled[1] ?? {}));
  // A browser without script sends the empty fields too.
  const sent = await fetch(`${server.url}/download/everything${address.search}&rows=&dialect=&columns=`);
  assert.equal(await sent.text(), await exported(filled[1] ?? {}));
});

test("a field that must be filled is required, and one with a default or none isn't", { skip }, async () => {
  await openForm();
  const required = await browser?.evaluate(
    `[...document.querySelectorAll(":required")].map((each) => each.name).join()`,
  );
  assert.equal(required, "customer,must,ids");
  assert.equal(await fill({ customer: "1" }), "a field is missing");
  const types = new Set(Object.values(parameters).map(({ type }) => type));
  assert.deepEqual([...types].toSorted(), [...parameterTypes].toSorted());
});

test("a parameter that is named like a property of forms disturbs no form", { skip }, async () => {
  await openForm();
  for (const name of propertyNames) {
    const shown = await browser?.evaluate(`(() => {
      const field = document.getElementById("of_${name}.${name}");
      field.value = "7";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return field.closest("article").querySelector(".address").textContent;
    })()`);
    assert.equal(shown, `${server.url}/exports/of_${name}.csv?${name}=7`);
  }
});

test("the address has the values that the browser restores when it goes back", { skip }, async () => {
  await openForm();
  const address = await fill({ customer: "7", must: "y", ids: "3" });
  await browser?.evaluate(`location.href = "/ping"`);
  await browser?.waitUntil(`document.body?.textContent === "pong"`);
  await browser?.evaluate(`history.back()`);
  await browser?.waitUntil(`document.getElementById("everything.customer")?.value === "7"`);
  const shown = `document.getElementById("everything.customer").closest("article").querySelector(".address").textContent`;
  await browser?.waitUntil(`${shown} === ${JSON.stringify(address)}`);
});
