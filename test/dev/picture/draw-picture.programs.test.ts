import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { drawPicture } from "../../../dev/picture/draw-picture.ts";
import { fixtureResult } from "../../bench/report/results.ts";
import { openBrowser, skippedWithoutChromium, type BrowserPage } from "../../harness/chromium.ts";

const picturePath = fileURLToPath(new URL("../../../../docs/report.svg", import.meta.url));
const mostBytes = 60_000;

let browser: BrowserPage | undefined;
before(async () => {
  if (skippedWithoutChromium === false) browser = await openBrowser();
});
after(() => browser?.[Symbol.asyncDispose]());

/** A result with everything that the picture shows. */
const complete = fixtureResult("explaining");

test("the picture of a result is the same, byte for byte, and says what was measured", () => {
  const picture = drawPicture(complete);
  assert.equal(drawPicture(complete), picture);
  assert.match(picture, /<title>[^<]+<\/title>/);
  assert.match(picture, /<desc>[^<]*npm run picture[^<]*orders: [\d,]+ rows/);
  for (const name of ["First byte", "Peak memory over idle", "Event loop busy"])
    assert.ok(picture.includes(`>${name}</text>`), name);
});

test("the picture has a bar for each delivery in each of its three numbers, and none of the repeated control", () => {
  const drawings = [...drawPicture(complete).matchAll(/<svg class="bars"([^]*?)<\/svg>/g)].map(
    ([, bars = ""]) => bars,
  );
  const arms = complete.arms.filter(({ scenario, role }) => scenario === "export" && role !== "aa");
  assert.equal(drawings.length, 3);
  for (const drawing of drawings) {
    assert.equal(drawing.split('<rect fill="').length - 1, arms.length);
    for (const { id } of arms) assert.ok(drawing.includes(`>${id}</text>`), id);
    assert.doesNotMatch(drawing, /buffered-again/);
  }
});

test("a result without numbers to draw is refused", () => {
  assert.throws(
    () => drawPicture(fixtureResult("invalid")),
    /no numbers to draw: measure the scenario export/,
  );
});

test("docs/report.svg is small and needs nothing from anywhere else", async () => {
  const picture = await readFile(picturePath, "utf8");
  assert.ok(Buffer.byteLength(picture) < mostBytes);
  assert.doesNotMatch(
    picture.replace('xmlns="http://www.w3.org/2000/svg"', ""),
    /https?:|href|url\(|<script|@import/,
  );
  assert.match(picture, /Node \d+\.\d+\.\d+/);
});

test(
  "every text of docs/report.svg lies in the picture, on no other text, in light and dark colours",
  { skip: skippedWithoutChromium },
  async () => {
    assert.ok(browser !== undefined);
    const grounds: string[] = [];
    for (const scheme of ["light", "dark"] as const) {
      await browser.open(pathToFileURL(picturePath).href, { widthPx: 900, scheme, media: "screen" });
      const { ground, ink, misplaced, count } = (await browser.evaluate(`(() => {
        const all = document.documentElement.getBoundingClientRect();
        const texts = [...document.querySelectorAll("text")];
        const boxes = texts.map((text) => text.getBoundingClientRect());
        const isInside = (box) =>
          box.left >= all.left && box.right <= all.right && box.top >= all.top && box.bottom <= all.bottom;
        // Lines may touch by the room above and below their letters.
        const meet = (a, b) =>
          a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
        return {
          ground: getComputedStyle(document.querySelector(".ground")).fill,
          ink: getComputedStyle(texts[0]).fill,
          count: texts.length,
          misplaced: texts.filter((_, index) => !isInside(boxes[index])
            || boxes.some((box, other) => other !== index && meet(box, boxes[index]))).map((text) => text.textContent),
        };
      })()`)) as { ground: string; ink: string; misplaced: readonly string[]; count: number };
      assert.ok(count > 20, `${count} texts`);
      assert.deepEqual(misplaced, []);
      assert.notEqual(ground, ink);
      grounds.push(ground);
    }
    assert.deepEqual(grounds, ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]);
    assert.deepEqual(browser.complaints, []);
  },
);
