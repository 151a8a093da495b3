import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "../../../bench/subject/process/find-free-port.ts";
import { redirectPage } from "../../../src/server/page/redirect-page.ts";
import { startServer, type RunningServer } from "../../../src/server.ts";
import { bearer, startGuarded, token } from "../../harness/access-server.ts";
import { openBrowser, skippedWithoutChromium, type BrowserPage } from "../../harness/chromium.ts";
import { noNginx, startNginx } from "../../harness/nginx.ts";

const skip = noNginx === false ? skippedWithoutChromium : noNginx;

let browser: BrowserPage | undefined;
before(async () => {
  if (skip === false) browser = await openBrowser();
});
after(() => browser?.[Symbol.asyncDispose]());

/** nginx that serves a server under /reports/, as docs/guides/deploy.md has it. */
async function underReports(serverUrl: string): Promise<AsyncDisposable & { readonly url: string }> {
  const port = await findFreePort();
  const nginx = await startNginx(serverUrl, {
    "\nserver {": `\nserver {\n  listen 127.0.0.1:${port};`,
    "location ~ ^/(exports|jobs)(/|$) {": "location /reports/ {",
    "proxy_pass http://stream_csv;": "proxy_pass http://stream_csv/;\n    proxy_redirect / /reports/;",
  });
  const url = `http://127.0.0.1:${port}/reports/`;
  return { url, [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose]() };
}

async function openServer(): Promise<RunningServer & AsyncDisposable> {
  const server = await startServer({ port: 0, log: { level: "silent" } });
  return Object.assign(server, {
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await server.stopped;
    },
  });
}

/** What a page loads, leads to and sends forms to. */
function addressesIn(html: string): readonly string[] {
  return [...html.matchAll(/ (?:href|src|action)="([^"]*)"/g)].map(([, address = ""]) => address);
}

test("each address of a page leads to the root of the server, wherever a proxy has put it", async () => {
  await using server = await openServer();
  await using guarded = await startGuarded([token("t")]);
  const ask = { headers: { Accept: "text/html" } };
  const signIn = await fetch(`${guarded.url}/`, ask);
  assert.equal(signIn.status, 401);
  const pages = [
    ["/", await (await fetch(`${server.url}/`, ask)).text()],
    ["/", await signIn.text()],
    ["/download/jobs/1.csv", redirectPage("https://s3.example/file?a=1")],
  ] as const;
  const seen = new Set<string>();
  for (const [path, html] of pages) {
    for (const address of addressesIn(html)) {
      const plain = new URL(address, `http://host${path}`).href;
      const moved = new URL(address, `http://host/a/b${path}`).href;
      assert.equal(moved, plain.replace("http://host/", "http://host/a/b/"));
      seen.add(plain);
    }
  }
  for (const path of ["page.css", "page.js", "exports/orders.csv", "download/orders", "stats", "jobs"])
    assert.ok(seen.has(`http://host/${path}`), path);
});

test("behind a proxy that strips a path, the page works without script", { skip: noNginx }, async () => {
  await using server = await openServer();
  await using proxy = await underReports(server.url);
  const answer = await fetch(`${proxy.url}download/orders?rows=1&columns=id&delivery=`);
  assert.equal(answer.url, `${proxy.url}exports/orders.csv?rows=1&columns=id`);
  assert.equal(await answer.text(), "id\r\n1\r\n");
  const submitted = await fetch(`${proxy.url}exports/orders/jobs?rows=1`, { method: "POST" });
  const { id } = (await submitted.json()) as { id: string };
  const location = new URL(submitted.headers.get("Location") ?? "", proxy.url);
  assert.equal(location.href, `${proxy.url}jobs/${id}`);
});

test(
  "behind a proxy that strips a path, the page shows what the server does, and runs jobs",
  { skip },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-prefix-"));
    await using server = await openServer();
    await using proxy = await underReports(server.url);
    try {
      await browser?.saveDownloads(folder);
      await browser?.open(proxy.url, { widthPx: 1000, scheme: "light", media: "screen" });
      await browser?.waitUntil(`document.querySelectorAll("#workers li").length === 1`);
      assert.equal(
        await browser?.evaluate(`document.querySelector(".address").textContent`),
        `${proxy.url}exports/orders.csv`,
      );
      await browser?.evaluate(`document.querySelector('.as-job[data-jobs*="numbers"]').click()`);
      await browser?.waitUntil(`document.querySelector("#job-list .state")?.textContent === "completed"`);
      await browser?.evaluate(`document.querySelector("#job-list a").click()`);
      while (!(await readdir(folder)).includes("numbers.csv")) await sleep(20);
      const beyond = browser?.requests.filter((url) => url.startsWith("http") && !url.startsWith(proxy.url));
      assert.deepEqual(beyond, []);
      assert.deepEqual(browser?.complaints, []);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

test(
  "behind a proxy that strips a path, a token signs in, downloads and sees answers",
  { skip },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-prefix-"));
    await using server = await startGuarded([token("right", { exports: ["orders"] })]);
    await using proxy = await underReports(server.url);
    try {
      await browser?.saveDownloads(folder);
      await browser?.open(proxy.url, { widthPx: 1000, scheme: "light", media: "screen" });
      await browser?.waitUntil(`document.querySelector("#sign-in")?.hidden === false`);
      await browser?.evaluate(`(() => {
      document.getElementById("token").value = "right";
      document.querySelector("#sign-in button").click();
    })()`);
      await browser?.waitUntil(`document.querySelector("article form") !== null`);
      await browser?.evaluate(`(() => {
      const form = document.querySelector("article form");
      form.elements.rows.value = "10";
      form.elements.rows.dispatchEvent(new Event("input", { bubbles: true }));
      form.querySelector("button").click();
    })()`);
      while (!(await readdir(folder)).includes("orders.csv")) await sleep(20);
      const expected = await fetch(`${server.url}/exports/orders.csv?rows=10`, bearer("right"));
      assert.equal(await readFile(join(folder, "orders.csv"), "utf8"), await expected.text());
      await browser?.evaluate(`document.querySelector("nav a").click()`);
      await browser?.waitUntil(
        `document.querySelector("#answer[open] pre")?.textContent.includes('"orders"')`,
      );
      assert.equal(
        await browser?.evaluate(`document.getElementById("answer-title").textContent`),
        "/exports",
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
