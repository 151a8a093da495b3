import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import type { RunningServer } from "../../../src/server.ts";
import { startGuarded, token } from "../../harness/access-server.ts";
import { openBrowser, skippedWithoutChromium, type BrowserPage } from "../../harness/chromium.ts";
import { startServe, type ServeProcess } from "../../harness/cli.ts";
import { jobWhen, submit } from "../../harness/jobs.ts";

const skip = skippedWithoutChromium;
const views = [360, 1280].flatMap((widthPx) =>
  (["light", "dark"] as const).map((scheme) => ({ widthPx, scheme, media: "screen" }) as const),
);

let server: ServeProcess;
let guarded: RunningServer & AsyncDisposable;
let browser: BrowserPage | undefined;
let running: Response;
before(async () => {
  server = await startServe(["--no-config", "--slots", "4"]);
  guarded = await startGuarded([token("right")]);
  // Something to see of each kind: an ended transfer and a running one, a job that is done and one that runs.
  await (await fetch(`${server.url}/exports/orders.csv?rows=1`)).text();
  running = await fetch(`${server.url}/exports/orders.csv?rows=900000000`);
  await jobWhen(server, (await submit(server, "orders?rows=10")).id);
  await submit(server, "orders?rows=9000000000");
  if (skip === false) browser = await openBrowser();
});
after(async () => {
  await browser?.[Symbol.asyncDispose]();
  await running.body?.cancel().catch(() => undefined);
  await guarded[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function openPage(view: (typeof views)[number]): Promise<void> {
  await browser?.open(`${server.url}/`, view);
  await browser?.waitUntil(
    `document.querySelectorAll("#running progress, #ended li, #job-list progress, #job-list a").length >= 4`,
  );
}

/** What axe-core finds against WCAG 2.2 and good practice; each with the elements. */
async function violations(): Promise<unknown> {
  await browser?.evaluate(axe.source);
  return await browser?.evaluate(`axe.run(document).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html, failureSummary }) => html + " " + failureSummary).join("; ")))`);
}

for (const view of views) {
  const of = `in a ${view.scheme} window of ${view.widthPx} px`;
  test(`axe-core finds nothing on the page ${of}`, { skip }, async () => {
    await openPage(view);
    await browser?.evaluate(`document.querySelectorAll("details").forEach((each) => { each.open = true; })`);
    assert.deepEqual(await violations(), []);
  });

  test(`axe-core finds nothing on the page to sign in ${of}, before and after`, { skip }, async () => {
    await browser?.open(`${guarded.url}/`, view);
    await browser?.waitUntil(`document.querySelector("#sign-in")?.hidden === false`);
    assert.deepEqual(await violations(), []);
    const give = (text: string): Promise<unknown> | undefined =>
      browser?.evaluate(`(() => {
        document.getElementById("token").value = "${text}";
        document.querySelector("#sign-in button").click();
      })()`);
    await give("wrong");
    await browser?.waitUntil(`document.getElementById("sign-in-state").textContent !== ""`);
    assert.deepEqual(await violations(), []);
    assert.equal(await browser?.evaluate(`document.documentElement.scrollWidth`), view.widthPx);
    await give("right");
    await browser?.waitUntil(`document.getElementById("sign-out")?.hidden === false`);
    await browser?.evaluate(`document.querySelector('nav a[href="./exports"]').click()`);
    await browser?.waitUntil(`document.querySelector("#answer").open`);
    assert.deepEqual(await violations(), []);
    assert.equal(await browser?.evaluate(`document.documentElement.scrollWidth`), view.widthPx);
  });
}

const [narrow] = views;

test("the Tab key reaches every control, and each shows that it has the focus", { skip }, async () => {
  assert.ok(narrow);
  await openPage(narrow);
  // What can be seen; lists are drawn anew each second, so a control is known by its words.
  const nameOf = `(each) => each.id || each.getAttribute("aria-label") || each.textContent`;
  const expected = (await browser?.evaluate(
    `[...document.querySelectorAll("a, button, input, select, summary")].filter((each) => each.checkVisibility()).map(${nameOf})`,
  )) as readonly string[] | undefined;
  const reached = new Set<unknown>();
  for (let pressed = 0; pressed < (expected?.length ?? 0) + 5; pressed += 1) {
    await browser?.press("Tab");
    const focus = (await browser?.evaluate(`(() => {
      const each = document.activeElement;
      return [(${nameOf})(each), each === document.body ? "" : getComputedStyle(each).outlineStyle];
    })()`)) as readonly [string, string] | undefined;
    const [name = "", outline = ""] = focus ?? [];
    reached.add(name);
    if (outline !== "") assert.equal(outline, "solid", name);
  }
  assert.ok((expected?.length ?? 0) > 20);
  assert.deepEqual(
    expected?.filter((name) => !reached.has(name)),
    [],
  );
});

test(
  "a control keeps the focus while its list is drawn anew, and its heading has it afterwards",
  { skip },
  async () => {
    assert.ok(narrow);
    await openPage(narrow);
    const drawnAnew = async (list: string): Promise<void> => {
      await browser?.evaluate(`document.querySelector("${list} li").dataset.old = ""`);
      await browser?.waitUntil(`document.querySelector("${list} [data-old]") === null`);
    };
    for (const list of ["#running", "#job-list"]) {
      await browser?.evaluate(`document.querySelector("${list} button").focus()`);
      const focused = `document.activeElement.closest("${list}") !== null && document.activeElement.textContent`;
      await drawnAnew(list);
      assert.equal(await browser?.evaluate(focused), "Cancel");
    }
    await browser?.evaluate(`document.querySelector("#running button").focus()`);
    await browser?.press("Enter");
    await browser?.waitUntil(`document.querySelector("#running li") === null`);
    assert.equal(await browser?.evaluate(`document.activeElement.textContent`), "Running transfers");
  },
);
