import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startServer, type RunningServer } from "../../../src/server.ts";
import { bearer, signed, startGuarded, token } from "../../harness/access-server.ts";
import { openBrowser, skippedWithoutChromium, type BrowserPage } from "../../harness/chromium.ts";
import { jobWhen, submit } from "../../harness/jobs.ts";
import { startS3Server } from "../../../dev/s3-server.ts";

const skip = skippedWithoutChromium;
const browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const tokens = [
  token("right", { exports: ["orders", "numbers"] }),
  token("bound", { exports: ["orders"], parameters: { rows: 2, columns: "id" } }),
  token("expired", { expires: "2020-01-01" }),
  token("admin", { admin: true }),
];

let server: RunningServer & AsyncDisposable;
let browser: BrowserPage | undefined;
before(async () => {
  server = await startGuarded(tokens);
  if (skip === false) browser = await openBrowser();
});
after(async () => {
  await browser?.[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function signIn(text: string, url = server.url): Promise<void> {
  await browser?.open(`${url}/`, { widthPx: 390, scheme: "light", media: "screen" });
  await browser?.waitUntil(`document.querySelector("#sign-in")?.hidden === false`);
  await browser?.evaluate(`(() => {
    document.getElementById("token").value = ${JSON.stringify(text)};
    document.querySelector("#sign-in button").click();
  })()`);
}

/** Sends what the script of the page sends for a download. */
async function postForm(
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly headers: Headers; readonly body: string }> {
  const body = new URLSearchParams(fields).toString();
  const type = "application/x-www-form-urlencoded";
  const response = await fetch(server.url + path, {
    method: "POST",
    body,
    headers: { "Content-Type": type, ...headers },
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

test("a browser without a token gets a form, with the policy of the page and nothing inline", async () => {
  const answer = await fetch(`${server.url}/`, { headers: { Accept: browserAccept } });
  assert.equal(answer.status, 401);
  assert.equal(answer.headers.get("www-authenticate"), 'Bearer realm="stream-csv"');
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const policy = answer.headers.get("content-security-policy") ?? "";
  assert.match(policy, /^default-src 'none'; style-src 'self'; script-src 'self'; .*frame-ancestors 'none'/);
  const html = await answer.text();
  assert.doesNotMatch(html, /<style|<script>|\son\w+=|\sstyle=|orders/);
  assert.match(html, /<noscript>.*script.*signed link/);
  // A browser without script has nothing that it could send.
  assert.match(html, /<form id="sign-in" hidden>/);
  assert.doesNotMatch(html, /<input[^>]* name=/);
  assert.match(html, /<input[^>]* autocomplete="off"/);
});

test("every other client gets the problem, and a browser does for every other path", async () => {
  for (const [path, accept] of [
    ["/", "*/*"],
    ["/", "application/json"],
    ["/", "application/problem+json, text/html;q=0.5"],
    ["/", "text/html;q=0, */*"],
    ["/jobs", browserAccept],
    ["/exports/orders.csv", browserAccept],
  ] as const) {
    const answer = await fetch(server.url + path, { headers: { Accept: accept } });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get("content-type"), "application/problem+json", `${path} ${accept}`);
    assert.match(await answer.text(), /SCSV_UNAUTHORIZED/);
  }
});

test("a server that only links open has no form for a token", async () => {
  const keys = [{ id: "k1", secret: "a secret of thirty-two bytes, and more" }];
  const own = await startServer({ port: 0, log: { level: "silent" }, links: { keys } });
  try {
    const html = await (await fetch(`${own.url}/`, { headers: { Accept: browserAccept } })).text();
    assert.match(html, /signed link/);
    assert.doesNotMatch(html, /<form|<script/);
  } finally {
    own.kill();
    await own.stopped;
  }
});

test("a form with a token in its body downloads an export, as the token may have it", async () => {
  const expected = await (await fetch(`${server.url}/exports/orders.csv?rows=3`, bearer("right"))).text();
  const right = await postForm("/download/exports/orders.csv?rows=3", { access_token: "right" });
  assert.equal(right.status, 200);
  assert.equal(right.body, expected);
  assert.match(right.headers.get("content-disposition") ?? "", /^attachment; filename="orders.csv"/);
  const bound = await postForm("/download/exports/orders.csv", { access_token: "bound" });
  assert.equal(bound.body, "id\r\n1\r\n2\r\n");
  const path = "/download/exports/orders.csv";
  assert.equal((await postForm(`${path}?rows=5`, { access_token: "bound" })).status, 403);
  assert.equal((await postForm("/download/exports/wide.csv", { access_token: "right" })).status, 404);
  assert.equal((await postForm(`${path}?rows=many`, { access_token: "right" })).status, 400);
  const transfers = await (await fetch(`${server.url}/transfers`, bearer("right"))).text();
  assert.match(transfers, new RegExp(right.headers.get("x-transfer-id") ?? "no id"));
});

test("a form without a good token is refused as any request is", async () => {
  const path = "/download/exports/orders.csv?rows=3";
  const answers = [
    await postForm(path, {}),
    await postForm(path, { access_token: "" }),
    await postForm(path, { access_token: "wrong" }),
    await postForm(path, { access_token: "expired" }),
    await postForm(path, { access_token: "right" }, { "Content-Type": "text/plain" }),
    // Only one of both counts, and it is the header's.
    await postForm(path, { access_token: "right" }, bearer("wrong").headers),
    await postForm("/download/exports/nothing.csv", { access_token: "wrong" }),
    await postForm("/exports/orders/jobs", { access_token: "right" }),
  ];
  for (const { status, body } of answers) {
    assert.equal(status, 401);
    assert.equal(body, answers[0]?.body);
  }
  const foreign = { Origin: "https://evil.example" };
  assert.equal((await postForm(path, { access_token: "right" }, foreign)).status, 403);
  assert.equal((await postForm(path, { access_token: "a".repeat(70_000) })).status, 413);
  // Another method has no token in its body.
  const asGet = await fetch(`${server.url}${path}&access_token=right`);
  assert.equal(asGet.status, 401);
});

for (const workerModel of ["async", "sync"] as const)
  test(`a form that ends early leaves nothing behind in a worker that is ${workerModel}`, async () => {
    await using own = await startGuarded(tokens, { workerModel, drainTimeoutMs: 600_000 });
    const { port, hostname } = new URL(own.url);
    const head = "POST /download/exports/orders.csv HTTP/1.1\r\nHost: localhost\r\n";
    const form =
      "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\naccess_token=";
    const socket = connect(Number(port), hostname);
    await new Promise((resolve) => socket.write(head + form, resolve));
    await sleep(100);
    socket.destroy();
    // A request that never ends would hold the only sync worker, and the server until its drain time-out.
    const body = new URLSearchParams({ access_token: "right" });
    const whole = await fetch(`${own.url}/download/exports/orders.csv?rows=1`, { method: "POST", body });
    assert.equal(whole.status, 200);
    await whole.text();
    own.drain();
    await own.stopped;
  });

test("a form with a token downloads the result of a job, to its owner alone", async () => {
  const job = await submit(server, "numbers?rows=4", bearer("right").headers);
  await jobWhen(server, job.id, undefined, bearer("right").headers);
  const path = `/download/jobs/${job.id}.csv`;
  const expected = await (await fetch(`${server.url}/jobs/${job.id}.csv`, bearer("right"))).text();
  assert.equal((await postForm(path, { access_token: "right" })).body, expected);
  assert.equal((await postForm(path, { access_token: "bound" })).status, 404);
  assert.equal((await postForm(path, {})).status, 401);
});

test("the page of a token has no field for what the token decides, and no link to what it may not see", async () => {
  const html = await (await fetch(`${server.url}/`, bearer("bound"))).text();
  assert.doesNotMatch(html, /name="(rows|columns)"|href="\.\/stats"|id="workers"/);
  assert.match(html, /name="dialect"/);
  assert.match(await (await fetch(`${server.url}/`, bearer("admin"))).text(), /href="\.\/stats"/);
  // A link to the page opens nothing else.
  const linked = await (await fetch(server.url + signed("/"))).text();
  assert.doesNotMatch(linked, /<form|href="\.\/(jobs|transfers|stats)"/);
});

test("a wrong token is refused without detail, and can be tried again", { skip }, async () => {
  for (const text of ["wrong", "expired", "not a tokén", "right2"]) {
    await signIn(text);
    await browser?.waitUntil(
      `document.getElementById("sign-in-state").textContent === "This token isn't valid."`,
    );
  }
  assert.equal(await browser?.evaluate(`document.activeElement.id`), "token");
});

test("a token shows its exports, its jobs and its transfers, and downloads to disk", { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-download-"));
  try {
    await browser?.saveDownloads(folder);
    await signIn("right");
    await browser?.waitUntil(`document.querySelector("#job-list") !== null`);
    assert.equal(
      await browser?.evaluate(`[...document.querySelectorAll("h3")].map((each) => each.textContent).join()`),
      "orders,numbers",
    );
    await browser?.evaluate(`(() => {
      const form = document.querySelector('form[action="./download/orders"]');
      form.elements.rows.value = "1000";
      form.elements.rows.dispatchEvent(new Event("input", { bubbles: true }));
      form.querySelector("button").click();
    })()`);
    const expected = await (
      await fetch(`${server.url}/exports/orders.csv?rows=1000`, bearer("right"))
    ).text();
    while (!(await readdir(folder)).includes("orders.csv")) await sleep(20);
    assert.equal(await readFile(join(folder, "orders.csv"), "utf8"), expected);
    assert.match(
      String(await browser?.evaluate(`document.querySelector(".curl").textContent`)),
      /--header "Authorization: Bearer \$TOKEN" /,
    );

    await browser?.evaluate(`document.querySelector('form[action="./download/numbers"] .as-job').click()`);
    await browser?.waitUntil(`document.querySelector("#job-list .state")?.textContent === "completed"`);
    await browser?.evaluate(`document.querySelector("#job-list a").click()`);
    while (!(await readdir(folder)).includes("numbers.csv")) await sleep(20);

    await browser?.waitUntil(`document.querySelectorAll("#ended li").length > 0`);
    await browser?.evaluate(`document.querySelector('nav a[href="./jobs"]').click()`);
    await browser?.waitUntil(
      `document.querySelector("#answer[open] pre")?.textContent.includes('"state": "completed"')`,
    );
    await browser?.evaluate(`document.querySelector("#answer button").click()`);

    // The page stays, and says why something can't be downloaded.
    await browser?.evaluate(`(() => {
      const form = document.querySelector('form[action="./download/orders"]');
      form.elements.rows.value = "many";
      form.elements.rows.dispatchEvent(new Event("input", { bubbles: true }));
      form.querySelector("button").click();
    })()`);
    await browser?.waitUntil(`/"rows".*"many"/.test(document.querySelector(".outcome").textContent)`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a result in a bucket is led to by a page, which a form may", { skip }, async () => {
  await using s3 = await startS3Server();
  const store = { store: `s3://${s3.bucket}/page`, endpoint: s3.endpoint, forcePathStyle: true };
  await using own = await startGuarded(tokens, { jobs: store });
  const job = await submit(own, "orders?rows=5", bearer("right").headers);
  await jobWhen(own, job.id, undefined, bearer("right").headers);
  const expected = await (await fetch(`${own.url}/exports/orders.csv?rows=5`, bearer("right"))).text();
  const body = new URLSearchParams({ access_token: "right" });
  const page = await fetch(`${own.url}/download/jobs/${job.id}.csv`, {
    method: "POST",
    body,
    redirect: "error",
  });
  assert.equal(page.status, 200);
  const markup = await page.text();
  const [, address = ""] = /<a href="([^"]+)"/.exec(markup) ?? [];
  assert.ok(markup.includes(`content="0; url=${address}"`));
  assert.equal(await (await fetch(address.replaceAll("&amp;", "&"))).text(), expected);

  const folder = await mkdtemp(join(tmpdir(), "stream-csv-download-"));
  try {
    await browser?.saveDownloads(folder);
    await signIn("right", own.url);
    await browser?.waitUntil(`document.querySelector("#job-list a") !== null`);
    await browser?.evaluate(`document.querySelector("#job-list a").focus()`);
    await browser?.press("Enter");
    while (!(await readdir(folder)).includes("orders.csv")) await sleep(20);
    assert.equal(await readFile(join(folder, "orders.csv"), "utf8"), expected);
    // The page of who has signed in stays.
    assert.equal(await browser?.evaluate(`document.getElementById("sign-out").hidden`), false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("the token stands in no address and no store, and signing out forgets it", { skip }, async () => {
  await signIn("right");
  await browser?.waitUntil(`document.getElementById("sign-out")?.hidden === false`);
  const kept = await browser?.evaluate(
    `JSON.stringify([location.href, document.cookie, { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML, typeof token])`,
  );
  assert.doesNotMatch(String(kept), /right/);
  assert.match(String(kept), /"undefined"\]$/);
  for (const address of browser?.requests ?? []) assert.doesNotMatch(address, /right|wrong/);
  await browser?.evaluate(`document.getElementById("sign-out").click()`);
  await browser?.waitUntil(
    `document.querySelector("#sign-in")?.hidden === false && document.getElementById("token").value === ""`,
  );
  assert.equal(await browser?.evaluate(`document.querySelector("#job-list")`), null);
});

test("an admin sees the workers too", { skip }, async () => {
  await signIn("admin");
  await browser?.waitUntil(`document.querySelectorAll("#workers li").length === 1`);
});

test("the browser complains of nothing but refused tokens, and a server that has stopped", { skip }, () => {
  const complaints = browser?.complaints.filter(
    (each) => !/status of (401|400)|ERR_CONNECTION_REFUSED/.test(each),
  );
  assert.deepEqual(complaints, []);
});
