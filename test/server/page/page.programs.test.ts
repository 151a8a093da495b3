import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { exportParameters } from "../../../src/export/parameters.ts";
import { downloadTarget } from "../../../src/server/page/download-target.ts";
import { endedTransfersOf, statsOf } from "../../harness/ask.ts";
import { openBrowser, skippedWithoutChromium, type BrowserPage } from "../../harness/chromium.ts";
import { startServe, type ServeProcess } from "../../harness/cli.ts";
import { writeEndlessExport } from "../../harness/endless-export.ts";
import { submit } from "../../harness/jobs.ts";

const slots = 3;
const skip = skippedWithoutChromium;

let server: ServeProcess;
let browser: BrowserPage | undefined;
before(async () => {
  server = await startServe(["--workers", "2", "--slots", String(slots), "--no-config"]);
  if (skip === false) browser = await openBrowser();
});
after(async () => {
  await browser?.[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function openPage(widthPx = 1280, scheme: "light" | "dark" = "light"): Promise<void> {
  await browser?.open(`${server.url}/`, { widthPx, scheme, media: "screen" });
  await browser?.waitUntil(`document.querySelectorAll("#workers li").length === 2`);
}

test("an address leaves out the fields that were left empty, and keeps repeated ones", () => {
  assert.equal(downloadTarget("a/b", new URLSearchParams("rows=&columns=")), "../exports/a%2Fb.csv");
  const fields = new URLSearchParams("status=open&status=paid&note=a%26b&rows=");
  assert.equal(downloadTarget("orders", fields), "../exports/orders.csv?status=open&status=paid&note=a%26b");
});

test("the form of an export works without script", async () => {
  const html = await (await fetch(`${server.url}/`)).text();
  assert.doesNotMatch(html, /<style|<script>|\son\w+=|\sstyle=/);
  for (const { name } of exportParameters) assert.match(html, new RegExp(`id="orders\\.${name}"`));
  const answer = await fetch(`${server.url}/download/orders?rows=2&columns=id&dialect=unix&delivery=&seed=`);
  assert.equal(answer.url, `${server.url}/exports/orders.csv?rows=2&columns=id&dialect=unix`);
  assert.equal(await answer.text(), "id\n1\n2\n");
});

test("a wrong value in a form is answered with the name of the parameter", async () => {
  const answer = await fetch(`${server.url}/download/orders?rows=many`);
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /rows.*many/);
});

test("the address and the curl line follow the fields", { skip }, async () => {
  await openPage();
  const made = await browser?.evaluate(`(() => {
    const form = document.querySelector('form[action="./download/orders"]');
    form.elements.rows.value = "3";
    form.elements.columns.value = "id,price";
    form.elements.dialect.value = "tsv";
    form.elements.delivery.value = "buffered";
    form.elements.rows.dispatchEvent(new Event("input", { bubbles: true }));
    return form.querySelector(".address").href + " " + form.querySelector(".curl").textContent;
  })()`);
  const expected = `${server.url}/exports/orders.csv?delivery=buffered&rows=3&columns=id%2Cprice&dialect=tsv`;
  const [url = "", ...curl] = String(made).split(" ");
  const sorted = (address: string): string => {
    const { searchParams } = new URL(address);
    searchParams.sort();
    return searchParams.toString();
  };
  assert.equal(sorted(url), sorted(expected));
  assert.equal(curl.join(" "), `curl --fail --remote-name --remote-header-name '${url}'`);
  assert.equal((await (await fetch(url)).text()).split("\n").length, 5);
});

test("the page shows the slots that /stats counts, and cancels a transfer", { skip }, async () => {
  const answer = await fetch(`${server.url}/exports/orders.csv?rows=100000000`);
  try {
    await openPage();
    await browser?.waitUntil(`document.querySelectorAll("#running li progress").length === 1`);
    await browser?.waitUntil(`/loop \\d+% busy/.test(document.querySelector("#workers").textContent)`);
    await browser?.waitUntil(`/[\\d,]+ rows\\/s/.test(document.querySelector("#running").textContent)`);
    const stats = await statsOf(server);
    const shown = await browser?.evaluate(
      `[...document.querySelectorAll("#workers .numbers")].map((each) => each.textContent)`,
    );
    const counted = stats.workers.map(
      (each) => `${each.busySlots} busy, ${each.slots - each.busySlots} free, ${each.queued} queued`,
    );
    assert.deepEqual(shown, counted);
    assert.equal(await browser?.evaluate(`document.querySelectorAll("#workers .busy").length`), 1);
    assert.equal(
      await browser?.evaluate(`document.querySelectorAll("#workers i").length`),
      stats.total.slots,
    );
    await browser?.evaluate(`document.querySelector("#running button").click()`);
    await browser?.waitUntil(`document.querySelector("#ended .state")?.textContent === "cancelled"`);
    const transfer = (await endedTransfersOf(server)).find(({ state }) => state === "cancelled");
    assert.equal(
      await browser?.evaluate(`document.querySelector("#ended .reason").textContent`),
      transfer?.error?.message,
    );
  } finally {
    await answer.body?.cancel().catch(() => undefined);
  }
});

test("the page runs an export as a job, shows it and cancels it", { skip }, async () => {
  await openPage();
  const start = (rows: number): Promise<unknown> =>
    browser?.evaluate(`(() => {
      const form = document.querySelector('form[action="./download/orders"]');
      form.elements.rows.value = "${rows}";
      form.elements.rows.dispatchEvent(new Event("input", { bubbles: true }));
      form.querySelector(".as-job").click();
    })()`) ?? Promise.resolve();
  const states = `[...document.querySelectorAll("#job-list .state")].map((each) => each.textContent).join()`;
  await start(9_000_000_000);
  await browser?.waitUntil(
    `${states} === "running" && document.querySelector("#job-list progress") !== null`,
  );
  await browser?.evaluate(`document.querySelector("#job-list button").click()`);
  await browser?.waitUntil(`${states} === "cancelled"`);
  await start(500);
  await browser?.waitUntil(`${states} === "completed,cancelled"`);
  const href = String(await browser?.evaluate(`document.querySelector("#job-list a").href`));
  const direct = await (await fetch(`${server.url}/exports/orders.csv?rows=500`)).text();
  assert.equal(await (await fetch(href)).text(), direct);
});

for (const widthPx of [360, 1280]) {
  for (const scheme of ["light", "dark"] as const) {
    test(
      `nothing is wider than a ${scheme} window of ${widthPx} px, also with all options`,
      { skip },
      async () => {
        await openPage(widthPx, scheme);
        await browser?.evaluate(
          `document.querySelectorAll("details").forEach((each) => { each.open = true; })`,
        );
        assert.equal(await browser?.evaluate(`document.documentElement.scrollWidth`), widthPx);
      },
    );
  }
}

test("every control has a name", { skip }, async () => {
  await openPage();
  const nameless = await browser?.evaluate(
    `[...document.querySelectorAll("input, select, button")].filter((each) =>
      (each.labels?.[0]?.textContent ?? "") === "" && each.textContent === "").length`,
  );
  assert.equal(nameless, 0);
});

test("with --admin-port the forms are on one page and the live numbers on the other", { skip }, async () => {
  await using own = await startServe(["--admin-port", "0", "--slots", "2", "--no-config"]);
  const { adminUrl } = await own.logged((line) => "adminUrl" in line);
  const counts = `document.forms.length + " forms, " + document.querySelectorAll("#workers li").length + " workers"`;
  await browser?.open(`${own.url}/`, { widthPx: 1280, scheme: "light", media: "screen" });
  await browser?.waitUntil(`document.forms.length > 0`);
  assert.equal(await browser?.evaluate(counts), "4 forms, 0 workers");
  await browser?.open(`${String(adminUrl)}/`, { widthPx: 1280, scheme: "light", media: "screen" });
  await browser?.waitUntil(`document.querySelectorAll("#workers li").length === 1`);
  assert.equal(await browser?.evaluate(counts), "0 forms, 1 workers");
  // Or it would go on asking a server that is gone.
  await openPage();
});

test("the browser has no complaint about the page", { skip }, () => {
  assert.deepEqual(browser?.complaints, []);
});

test("the page says why a job was refused", { skip }, async () => {
  await openPage();
  await browser?.evaluate(`(() => {
    const form = document.querySelector('form[action="./download/orders"]');
    form.elements.rows.value = "many";
    form.elements.rows.dispatchEvent(new Event("input", { bubbles: true }));
    form.querySelector(".as-job").click();
  })()`);
  await browser?.waitUntil(`/refused: .*"many"/.test(document.querySelector(".outcome").textContent)`);
});

test("a hidden page asks for nothing, and asks again when it is seen", { skip }, async () => {
  await openPage();
  const setHidden = (isHidden: boolean): Promise<unknown> | undefined =>
    browser?.evaluate(`(() => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => ${isHidden} });
      document.dispatchEvent(new Event("visibilitychange"));
    })()`);
  const asked = `performance.getEntriesByType("resource").filter(({ name }) => /stats|transfers|jobs/.test(name)).length`;
  await setHidden(true);
  // A request that was on its way ends first.
  await sleep(1500);
  const earlier = await browser?.evaluate(asked);
  await sleep(2500);
  assert.equal(await browser?.evaluate(asked), earlier);
  await setHidden(false);
  await browser?.waitUntil(`${asked} >= ${Number(earlier) + 3}`);
});

test("the page shows what became of a job after the server restarts", { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-page-"));
  const config = await writeEndlessExport(folder);
  const start = (port: string): Promise<ServeProcess> =>
    startServe([
      "--port",
      port,
      "--spool-dir",
      join(folder, "spool"),
      "--config",
      config,
      "--drain-timeout",
      "0s",
    ]);
  let own = await start("0");
  try {
    const { port } = new URL(own.url);
    await submit(own, "endless");
    await browser?.open(`${own.url}/`, { widthPx: 1280, scheme: "light", media: "screen" });
    await browser?.waitUntil(`document.querySelector("#job-list .state")?.textContent === "running"`);
    await own[Symbol.asyncDispose]();
    await browser?.waitUntil(
      `document.getElementById("jobs-state").textContent.startsWith("No news of jobs")`,
    );
    own = await start(port);
    await browser?.waitUntil(`document.querySelector("#job-list .state")?.textContent === "failed"`);
    assert.match(
      String(await browser?.evaluate(`document.querySelector("#job-list .reason").textContent`)),
      /server stopped/i,
    );
    assert.equal(await browser?.evaluate(`document.getElementById("jobs-state").textContent`), "");
  } finally {
    await own[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
});

test("the page shows live numbers again after the server restarts", { skip }, async () => {
  const port = new URL(server.url).port;
  await openPage();
  await server[Symbol.asyncDispose]();
  await browser?.waitUntil(`document.getElementById("live-state").textContent.startsWith("No live numbers")`);
  server = await startServe(["--port", port, "--workers", "1", "--slots", String(slots), "--no-config"]);
  await browser?.waitUntil(
    `document.querySelectorAll("#workers li").length === 1 && document.getElementById("live-state").textContent === ""`,
  );
});
