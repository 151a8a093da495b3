import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { renderReport } from "../../../bench/report/renderers.ts";
import { openBrowser, skippedWithoutChromium, type BrowserPage, type View } from "../../harness/chromium.ts";
import { fixtureResult } from "./results.ts";

const names = ["explaining", "regression", "invalid", "interrupted", "hostile"];
const phone: View = { widthPx: 390, scheme: "light", media: "screen" };
const narrow: View = { ...phone, widthPx: 360 };
let folder = "";
let browser: BrowserPage | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  if (skippedWithoutChromium === false) browser = await openBrowser();
});
after(async () => {
  await browser?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Renders a result and opens the page in the browser. */
async function openReport(name: string, view: View): Promise<{ page: BrowserPage; url: string }> {
  assert.ok(browser !== undefined);
  const file = join(folder, `${name}.html`);
  await writeFile(file, await renderReport("html", fixtureResult(name)));
  const url = pathToFileURL(file).href;
  await browser.open(url, view);
  return { page: browser, url };
}

test("the page is the same, byte for byte, however often it is rendered", async () => {
  const result = fixtureResult("explaining");
  const first = await renderReport("html", result);
  await renderReport("html", fixtureResult("regression"));
  assert.equal(await renderReport("html", result), first);
});

test("every chart has a name, a description and a drawing", { skip: skippedWithoutChromium }, async () => {
  const { page } = await openReport("explaining", phone);
  const charts = (await page.evaluate(`[...document.querySelectorAll("figure")].map((figure) => {
    const svg = figure.querySelector("svg[role=img]");
    const { width, height } = svg.getBoundingClientRect();
    return {
      title: figure.querySelector("strong").textContent,
      name: svg.getAttribute("aria-label"),
      description: svg.getAttribute("aria-description"),
      marks: svg.querySelectorAll("path").length,
      isVisible: width > 300 && height > 50,
    };
  })`)) as { title: string; name: string; description: string; marks: number; isVisible: boolean }[];
  const titles = charts.map(({ title }) => title);
  for (const wanted of [
    "first byte",
    "total",
    "Memory over time",
    "Occupancy over time",
    "Time between chunks",
    "Peak memory over idle against rows",
  ]) {
    assert.ok(titles.includes(wanted), `${wanted} isn't among ${titles.join(", ")}`);
  }
  for (const { title, name, description, marks, isVisible } of charts) {
    assert.ok(name.length > 0 && description.length > 0, title);
    assert.ok(marks > 2, title);
    assert.ok(isVisible, title);
  }
});

test("the dots of a chart stand at the values of its rounds", { skip: skippedWithoutChromium }, async () => {
  const { page } = await openReport("explaining", phone);
  const places = (await page.evaluate(`(() => {
    const svg = [...document.querySelectorAll("figure")]
      .find((figure) => figure.querySelector("strong").textContent === "total").querySelector("svg");
    return [...svg.querySelector("g.dots").querySelectorAll("path")]
      .map((mark) => mark.getBoundingClientRect()).map(({ x, width }) => x + width / 2);
  })()`)) as number[];
  const values = fixtureResult("explaining")
    .rounds.filter(({ scenario }) => scenario === "export")
    .flatMap(({ arms }) => arms["streaming"]?.["total_s"] ?? []);
  assert.equal(places.length, values.length);
  const scale = ((places[1] ?? 0) - (places[0] ?? 0)) / ((values[1] ?? 0) - (values[0] ?? 0));
  for (const [index, value] of values.entries()) {
    const expected = (places[0] ?? 0) + scale * (value - (values[0] ?? 0));
    assert.ok(Math.abs((places[index] ?? 0) - expected) < 1, `${value} s stands at ${places[index]}`);
  }
});

test("every text of a chart lies within its drawing", { skip: skippedWithoutChromium }, async () => {
  for (const name of ["explaining", "regression", "hostile"]) {
    const { page } = await openReport(name, phone);
    const outside = await page.evaluate(`[...document.querySelectorAll("figure svg text")].filter((text) => {
      const own = text.getBoundingClientRect();
      const all = text.closest("svg").getBoundingClientRect();
      return own.left < all.left || own.right > all.right || own.top < all.top || own.bottom > all.bottom;
    }).map((text) => text.textContent)`);
    assert.deepEqual(outside, [], name);
  }
});

test(
  "the page is well-formed XML, and a reader of HTML finds nothing in it to mend",
  { skip: skippedWithoutChromium },
  async () => {
    for (const name of names) {
      const { page } = await openReport(name, phone);
      const text = await renderReport("html", fixtureResult(name));
      const [strict, lenient] = (await page.evaluate(`(() => {
        const text = ${JSON.stringify(text)}.replace('<html lang="en">', '<html xmlns="http://www.w3.org/1999/xhtml" lang="en">')
          .replaceAll("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ');
        const namesOf = (element) => element.localName + "(" + [...element.children].map(namesOf).join(" ") + ")";
        return ["application/xhtml+xml", "text/html"].map((type) =>
          namesOf(new DOMParser().parseFromString(text, type).documentElement));
      })()`)) as readonly string[];
      assert.ok(strict !== undefined && strict.startsWith("html(head("), `${name}: ${strict?.slice(0, 200)}`);
      assert.doesNotMatch(strict, /parsererror/);
      assert.equal(lenient, strict, name);
    }
  },
);

test(
  "names of a result are shown as text, in tables, drawings and attributes",
  { skip: skippedWithoutChromium },
  async () => {
    const { page } = await openReport("hostile", phone);
    const [arm] = fixtureResult("hostile").arms;
    const name = (arm?.id ?? "").replaceAll(/\p{Cc}/gu, "\uFFFD");
    assert.match(name, /^<script>/);
    const shown = await page.evaluate(`[
    [...document.querySelectorAll("th")].some((cell) => cell.textContent === ${JSON.stringify(name)}),
    [...document.querySelectorAll("svg text")].some((text) => text.textContent.startsWith("<script>")),
    document.querySelectorAll("script, b").length,
  ]`);
    assert.deepEqual(shown, [true, true, 0]);
  },
);

for (const name of names) {
  test(
    `the page of the ${name} result fits a narrow phone and asks for nothing`,
    { skip: skippedWithoutChromium },
    async () => {
      const asked = browser?.requests.length ?? 0;
      const { page, url } = await openReport(name, narrow);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      assert.ok(Number(width) <= narrow.widthPx, `the page is ${String(width)} px wide`);
      assert.deepEqual(
        page.requests.slice(asked).filter((request) => !request.startsWith("data:")),
        [url],
      );
      assert.deepEqual(page.complaints, []);
      assert.equal(await page.evaluate("document.scripts.length"), 0);
    },
  );
}

test("wide tables scroll within their own box", { skip: skippedWithoutChromium }, async () => {
  const { page } = await openReport("explaining", phone);
  const scrolling = await page.evaluate(
    `[...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth).length`,
  );
  assert.ok(Number(scrolling) > 0);
});

test(
  "the first column of a table stays in sight while the others scroll",
  { skip: skippedWithoutChromium },
  async () => {
    const { page } = await openReport("explaining", phone);
    const [scrolled, moved] = (await page.evaluate(`(() => {
    const box = [...document.querySelectorAll(".scroll")].find((one) => one.scrollWidth > one.clientWidth + 50);
    const head = box.querySelector("tbody th");
    const before = head.getBoundingClientRect().left;
    box.scrollLeft = 50;
    return [box.scrollLeft, head.getBoundingClientRect().left - before];
  })()`)) as readonly number[];
    assert.deepEqual([scrolled, moved], [50, 0]);
  },
);

test(
  "a page begins with three numbers, their picture and the verdict",
  { skip: skippedWithoutChromium },
  async () => {
    const { page } = await openReport("explaining", { widthPx: 1280, scheme: "light", media: "screen" });
    const shown =
      await page.evaluate(`[...document.querySelectorAll("main > *")].slice(0, 2).map((part) => part.className.split(" ")[0])
    .concat([...document.querySelectorAll(".figure")].map((figure) =>
      figure.querySelector(".lead strong").textContent + " " + figure.querySelectorAll("svg.bars rect:not(.track)").length))`);
    assert.deepEqual(shown, ["glance", "verdict", "11.2 ms 3", "9.62 MiB 3", "199 ms 3"]);
    const lengths =
      (await page.evaluate(`[...document.querySelector("svg.bars").querySelectorAll("rect:not(.track)")]
    .map((bar) => bar.getBoundingClientRect().width)`)) as readonly number[];
    const medians = [0.0112, 0.163, 0.00662];
    for (const [index, length] of lengths.entries()) {
      const expected = ((medians[index] ?? 0) / 0.163) * (lengths[1] ?? 0);
      assert.ok(Math.abs(length - expected) < 2, `${length} px instead of ${expected} px`);
    }
  },
);

test(
  "details are printed, though they are folded on a screen",
  { skip: skippedWithoutChromium },
  async () => {
    const heights = `[...document.querySelectorAll("details table")].map((table) =>
    table.checkVisibility({ contentVisibilityAuto: true }) ? table.getBoundingClientRect().height : 0)`;
    const onScreen = (await (
      await openReport("explaining", phone)
    ).page.evaluate(heights)) as readonly number[];
    assert.ok(onScreen.length > 5);
    assert.deepEqual(new Set(onScreen), new Set([0]));
    const paper: View = { widthPx: 720, scheme: "light", media: "print" };
    const { page } = await openReport("explaining", paper);
    const printed = (await page.evaluate(heights)) as readonly number[];
    assert.ok(
      printed.every((height) => height > 10),
      printed.join(" "),
    );
    assert.ok(Number(await page.evaluate("document.documentElement.scrollWidth")) <= paper.widthPx);
  },
);

test("no difference that equal arms show too is coloured", { skip: skippedWithoutChromium }, async () => {
  const { page } = await openReport("explaining", phone);
  const again = await page.evaluate(`[...document.querySelectorAll("table")].flatMap((table) => {
    const place = [...table.querySelectorAll("thead th")].findIndex((head) => head.textContent.startsWith("buffered-again/"));
    return place < 0 ? [] : [...table.querySelectorAll("tbody tr")].map((row) => row.children[place].className);
  }).filter((name) => name.includes("better") || name.includes("worse")).length`);
  assert.equal(again, 0);
  const total = await page.evaluate(`[...document.querySelectorAll("tbody tr")]
    .filter((row) => row.firstChild.textContent === "total").map((row) => row.children[4]?.className)[0]`);
  assert.equal(total, "faint");
});

for (const scheme of ["light", "dark"] as const) {
  for (const name of names) {
    test(
      `axe-core finds nothing in the ${scheme} page of the ${name} result`,
      { skip: skippedWithoutChromium },
      async () => {
        const { page } = await openReport(name, { ...phone, scheme });
        await page.evaluate(`${axe.source}; undefined`);
        const found = (await page.evaluate(`axe.run().then(({ violations, passes }) => [
          passes.length,
          violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 120)).join(" | ")),
        ])`)) as readonly [number, readonly string[]];
        assert.ok(found[0] > 5);
        assert.deepEqual(found[1], []);
      },
    );
  }
}

for (const scheme of ["light", "dark"] as const) {
  for (const media of ["screen", "print"] as const) {
    test(
      `text and lines stand out from the ground in the ${scheme} scheme on ${media}`,
      { skip: skippedWithoutChromium },
      async () => {
        const { page } = await openReport("regression", { widthPx: 1200, scheme, media });
        const colors = (await page.evaluate(`(() => {
          const style = getComputedStyle(document.documentElement);
          const names = ["ground", "raised", "ink", "faint", "good", "bad", "doubt", "neutral",
            ...[0, 1, 2, 3, 4, 5].map((index) => "arm-" + index)];
          return Object.fromEntries(names.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
        })()`)) as Record<string, string>;
        const { ground = "", raised = "", ...inks } = colors;
        assert.equal(ground === "#ffffff", scheme === "light" || media === "print");
        for (const [name, ink] of Object.entries(inks)) {
          for (const below of [ground, raised]) {
            assert.ok(contrast(ink, below) >= 4.5, `${name} ${ink} on ${below}: ${contrast(ink, below)}`);
          }
        }
        const shown = await page.evaluate("getComputedStyle(document.body).backgroundColor");
        assert.equal(shown, rgbText(ground));
      },
    );
  }
}

/** WCAG 2.2, contrast ratio. */
function contrast(first: string, second: string): number {
  const [low = 0, high = 0] = [luminance(first), luminance(second)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(color: string): readonly number[] {
  return [1, 3, 5].map((from) => Number.parseInt(color.slice(from, from + 2), 16));
}

function rgbText(color: string): string {
  return `rgb(${channels(color).join(", ")})`;
}
