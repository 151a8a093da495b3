import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as zlib from "node:zlib";
import { guardFile } from "../../../src/source/guarded-file.ts";
import { openByteReader } from "../../../src/source/text-file/open-byte-reader.ts";
import type { FzstdImporter } from "../../../src/source/text-file/zstd-bytes.ts";

const folder = mkdtempSync(join(tmpdir(), "stream-csv-zstd-"));
after(() => {
  rmSync(folder, { recursive: true });
});

/** What the command `zstd` makes of a text. */
function zstd(text: string | Uint8Array, ...flags: readonly string[]): Buffer {
  return execFileSync("zstd", ["-q", "-c", ...flags], { input: text, maxBuffer: 256 * 1024 * 1024 });
}

const hasZstd = (() => {
  try {
    return zstd("x").length > 0;
  } catch {
    return false;
  }
})();

const loadFzstd: FzstdImporter = () => import("fzstd");

/** Ways to decompress: the package everywhere, and Node itself where it can. */
const ways: readonly (readonly [name: string, fzstd: FzstdImporter | undefined])[] = [
  ["fzstd", loadFzstd],
  ...("createZstdDecompress" in zlib ? [["Node", undefined] as const] : []),
];

async function textOf(bytes: Uint8Array, fzstd: FzstdImporter | undefined, step = 65_536): Promise<Buffer> {
  return Buffer.concat(await partsOf(bytes, fzstd, step));
}

/** What each reading gives. */
async function partsOf(
  bytes: Uint8Array,
  fzstd: FzstdImporter | undefined,
  step = 65_536,
): Promise<readonly Buffer[]> {
  const path = join(folder, "x.zst");
  writeFileSync(path, bytes);
  utimesSync(path, 1, 1);
  const reader = await openByteReader(await guardFile(path), { compression: "zstd", fzstd });
  try {
    const parts: Buffer[] = [];
    for (;;) {
      const target = Buffer.alloc(step);
      const count = await reader.read(target, 0);
      if (count === 0) return parts;
      parts.push(target.subarray(0, count));
    }
  } finally {
    await reader.close();
  }
}

let state = 7;
function random(most: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * most);
}

const rows = Array.from({ length: 20_000 }, (_, row) => `${row},${random(1e6)},text ${random(50)}\n`).join(
  "",
);
const noise = Array.from({ length: 200_000 }, () => String.fromCharCode(32 + random(95))).join("");

for (const [way, fzstd] of ways) {
  for (const [what, text] of [
    ["rows", rows],
    ["noise", noise],
    ["one letter, many times", "a".repeat(3_000_000)],
    ["a few bytes", "a,b\n"],
    ["nothing", ""],
  ] as const)
    test(
      `reads zstd of ${what} by ${way}, at any level, with and without checksum and size`,
      { skip: !hasZstd },
      async () => {
        for (const flags of [
          [],
          ["-1"],
          ["-19"],
          ["--no-check"],
          ["--no-check", "-19"],
          ["--no-content-size"],
        ])
          assert.ok((await textOf(zstd(text, ...flags), fzstd)).equals(Buffer.from(text)), flags.join(" "));
        if (text.length < 10_000) assert.equal((await textOf(zstd(text), fzstd, 1)).toString(), text);
      },
    );

  test(
    `reads texts of every length up to 200 by ${way}, whose checksums take other ways`,
    { skip: !hasZstd },
    async () => {
      for (let length = 0; length <= 200; length += length < 70 ? 3 : 29) {
        const text = noise.slice(0, length);
        assert.equal((await textOf(zstd(text), fzstd)).toString(), text);
      }
    },
  );

  test(
    `reads several frames by ${way}, and passes over those that hold no text`,
    { skip: !hasZstd },
    async () => {
      const skippable = Buffer.from("532a4d1805000000aabbccddee", "hex");
      const packed = Buffer.concat([skippable, zstd(rows), zstd(""), skippable, zstd("end\n")]);
      assert.equal((await textOf(packed, fzstd)).toString(), `${rows}end\n`);
    },
  );

  test(`gathers the texts of many small frames by ${way}`, { skip: !hasZstd }, async () => {
    const frame = zstd("1,one row of its own\n");
    const parts = await partsOf(Buffer.concat(Array.from({ length: 2000 }, () => frame)), fzstd);
    assert.equal(Buffer.concat(parts).toString(), "1,one row of its own\n".repeat(2000));
    assert.ok(parts.length <= 2, `${parts.length} readings`);
  });

  test(
    `refuses zstd by ${way} that is truncated, damaged or followed by other bytes`,
    { skip: !hasZstd },
    async () => {
      const whole = zstd(rows);
      const wrongSum = Buffer.from(whole);
      wrongSum[whole.length - 1] = (wrongSum[whole.length - 1] ?? 0) ^ 1;
      const damagedFiles: readonly (readonly [bytes: Uint8Array, message: RegExp])[] = [
        [Buffer.alloc(0), /in the midst of its zstd data/],
        [Buffer.from("a,b\n1,2\n"), /damaged zstd data: it does not begin like zstd data/],
        [whole.subarray(0, -1), /in the midst of its zstd data/],
        [whole.subarray(0, -4), /in the midst of its zstd data/],
        [whole.subarray(0, whole.length >> 1), /in the midst of its zstd data/],
        [whole.subarray(0, 3), /in the midst of its zstd data/],
        [wrongSum, /damaged zstd data: /],
        [Buffer.concat([whole, Buffer.from("garbage")]), /bytes after the end of its zstd data/],
        [Buffer.concat([whole, Buffer.of(0)]), /bytes after the end of its zstd data/],
        [Buffer.concat([whole, whole.subarray(0, 100)]), /in the midst of its zstd data/],
        [zstd(rows, "--long=27"), /needs \d+ MiB to be decompressed, and 8 MiB are the most/],
      ];
      for (const [bytes, message] of damagedFiles)
        await assert.rejects(textOf(bytes, fzstd), { code: "SCSV_SOURCE_UNREADABLE", message });
    },
  );

  test(`never takes flipped bits for other text by ${way}`, { skip: !hasZstd }, async () => {
    const whole = zstd(rows.slice(0, 20_000));
    for (let turn = 0; turn < 60; turn += 1) {
      const bytes = Buffer.from(whole);
      const at = random(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      const text = await textOf(bytes, fzstd).catch((error: unknown) => {
        assert.equal((error as { code?: string }).code, "SCSV_SOURCE_UNREADABLE", String(error));
      });
      // Some bits mean nothing, such as one that is reserved.
      if (text !== undefined) assert.equal(text.toString(), rows.slice(0, 20_000), `bit of byte ${at}`);
    }
  });
}

test("gives fzstd a window no larger than the text of a small frame, and the stated one for others", async () => {
  const windows: number[] = [];
  const watched: FzstdImporter = async () => {
    const { Decompress } = await loadFzstd();
    return {
      Decompress: class extends Decompress {
        #isBegun = false;

        override push(chunk: Uint8Array, isFinal?: boolean): void {
          // An empty piece comes before the header, whose sixth byte says how large the window is.
          if (!this.#isBegun && chunk.length > 0) windows.push(2 ** (10 + ((chunk[5] ?? 0) >> 3)));
          this.#isBegun ||= chunk.length > 0;
          super.push(chunk, isFinal);
        }
      },
    };
  };
  // A window of 8 MiB, raw blocks with these texts, and an empty one at the end.
  const frameOf = (...texts: readonly string[]): Buffer =>
    Buffer.concat([
      Buffer.from("28b52ffd0068", "hex"),
      ...texts.flatMap((text) => {
        const head = Buffer.alloc(3);
        head.writeUIntLE(text.length << 3, 0, 3);
        return [head, Buffer.from(text)];
      }),
      Buffer.from("010000", "hex"),
    ]);
  const block = "b".repeat(128 * 1024);
  const packed = Buffer.concat([frameOf("a,b\n", "1,2\n"), frameOf(), frameOf(block), frameOf(block, "c")]);
  assert.equal((await textOf(packed, watched)).toString(), `a,b\n1,2\n${block}${block}c`);
  assert.deepEqual(windows, [1024, 1024, 128 * 1024, 8 * 1024 ** 2]);
});

test("says what to install where neither Node nor fzstd can decompress", async () => {
  const absent: FzstdImporter = () => Promise.reject(new Error("Cannot find package 'fzstd'"));
  await assert.rejects(textOf(Buffer.from("x"), absent), {
    code: "SCSV_SOURCE_UNSUPPORTED",
    message: /Node 22\.15 or later, or .*npm install fzstd/,
  });
});
