import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  array,
  assert as check,
  constantFrom,
  nat,
  oneof,
  property,
  record,
  sample,
  string,
  tuple,
  type Arbitrary,
} from "fast-check";
import { isGoodLink, signLink } from "../../src/server/access/signed-link.ts";
import { readTarget } from "../../src/server/worker/route/request-target.ts";

const page = readFileSync(fileURLToPath(new URL("../../../docs/guides/links.md", import.meta.url)), "utf8");
const folder = mkdtempSync(join(tmpdir(), "stream-csv-links-"));
after(() => rmSync(folder, { recursive: true }));

/** STREAM_CSV_LINKS=100000 checks that many. */
const count = Number(process.env["STREAM_CSV_LINKS"] ?? 1000);
const key = { id: "k1", secret: "ein Geheimnis für Verweise" };
const expires = 4_000_000_000;
const limits = { targetBytes: 1 << 20, parameterCount: 100 };

interface Asked {
  readonly path: string;
  readonly parameters: readonly (readonly [string, string])[];
}

// No surrogate halves and no NUL, which no request can have; letters that encoders treat differently come often.
const letter = oneof(
  constantFrom(...Array.from("aZ09-._~!'()*+ %&=?#/;:@,\\\"<>|[]{}^`$\t\n\u007f")),
  constantFrom("é", "ß", "–", "名", "😀", "\u202e", "\ufeff", "\u0301"),
  string({ unit: "grapheme", minLength: 1, maxLength: 1 }).filter((text) => !text.includes("\0")),
);
const word = array(letter, { maxLength: 12 }).map((letters) => letters.join(""));
const segment = word.filter((text) => !text.includes("/"));
const name = word.filter((text) => !["expires", "key", "signature"].includes(text));
const anyLink: Arbitrary<Asked> = record({
  path: array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join("/")}`),
  parameters: array(tuple(name, word), { maxLength: 6 }),
});
const asked = sample(anyLink, { numRuns: count, seed: 7 });

function block(language: string): string {
  return new RegExp("```" + language + "\\n([^]*?)```").exec(page)?.[1] ?? "";
}

/** Runs a function of the page for each link, in its language. */
function signedBy(command: string, ending: string, program: string): readonly string[] {
  const [file, input] = [join(folder, `sign${ending}`), join(folder, "asked.json")];
  writeFileSync(file, program);
  writeFileSync(input, JSON.stringify({ ...key, expires, asked }));
  const run = command === "go" ? ["run", file, input] : [file, input];
  // Go keeps what it compiles in the home folder, unless it is told another place.
  const env = { ...process.env, GOCACHE: join(folder, "go"), GOFLAGS: "-mod=mod" };
  const output = execFileSync(command, run, { encoding: "utf8", maxBuffer: 1 << 30, env });
  return JSON.parse(output) as readonly string[];
}

const programs: Readonly<
  Record<string, { readonly command: string; readonly ending: string; readonly text: string }>
> = {
  Node: {
    command: process.execPath,
    ending: ".mjs",
    text: `${block("js").replace(/^console\.log.*$/m, "")}
import { readFileSync } from "node:fs";
const { id, secret, expires, asked } = JSON.parse(readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(asked.map(({ path, parameters }) => signLink(path, parameters, id, secret, expires))));`,
  },
  Python: {
    command: "python3",
    ending: ".py",
    text: `${block("python")}
import json, sys
given = json.load(open(sys.argv[1], encoding="utf-8"))
print(json.dumps([sign_link(one["path"], [tuple(pair) for pair in one["parameters"]], given["id"], given["secret"], given["expires"]) for one in given["asked"]]))`,
  },
  PHP: {
    command: "php",
    ending: ".php",
    text: `<?php ${block("php")}
$given = json_decode(file_get_contents($argv[1]), true);
echo json_encode(array_map(fn($one) => sign_link($one["path"], $one["parameters"], $given["id"], $given["secret"], $given["expires"]), $given["asked"]), JSON_UNESCAPED_SLASHES);`,
  },
  Ruby: {
    command: "ruby",
    ending: ".rb",
    text: `${block("ruby")}
require "json"
given = JSON.parse(File.read(ARGV[0], encoding: "UTF-8"))
puts JSON.generate(given["asked"].map { |one| sign_link(one["path"], one["parameters"], given["id"], given["secret"], given["expires"]) })`,
  },
  Go: {
    command: "go",
    ending: ".go",
    text: `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
)

${block("go")}
func main() {
	var given struct {
		ID, Secret string
		Expires    int64
		Asked      []struct {
			Path       string
			Parameters [][2]string
		}
	}
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(text, &given)
	}
	if err != nil {
		panic(err)
	}
	links := []string{}
	for _, one := range given.Asked {
		links = append(links, signLink(one.Path, one.Parameters, given.ID, given.Secret, given.Expires))
	}
	if err := json.NewEncoder(os.Stdout).Encode(links); err != nil {
		panic(err)
	}
}`,
  },
};

for (const [language, { command, ending, text }] of Object.entries(programs))
  test(`the page's function for ${language} gives the server's signature of ${count} links`, (t) => {
    try {
      execFileSync(command, [command === "go" ? "version" : "--version"], { stdio: "ignore" });
    } catch {
      t.skip(`${command} isn't installed`);
      return;
    }
    const links = signedBy(command, ending, text);
    assert.equal(links.length, count);
    for (const [index, link] of links.entries()) {
      const { path, query } = readTarget(link, limits);
      assert.ok(isGoodLink(path, query, [key], 0), link);
      const { path: decoded = "", parameters = [] } = asked[index] ?? {};
      const encoded = decoded.split("/").map(encodeURIComponent).join("/");
      const own = signLink(encoded, new URLSearchParams(parameters.map(([...pair]) => pair)), key, expires);
      assert.equal(link, own);
    }
  });

test("a link survives being encoded anew, and its parameters in another order", () => {
  check(
    property(anyLink, nat(), ({ path, parameters }, at) => {
      const encoded = path.split("/").map(encodeURIComponent).join("/");
      const link = signLink(encoded, new URLSearchParams(parameters.map(([...pair]) => pair)), key, expires);
      const [place = "", query = ""] = link.split("?");
      const pairs = query.split("&");
      const turned = [...pairs.slice(at % pairs.length), ...pairs.slice(0, at % pairs.length)];
      const again = readTarget(
        `${everyByte(place, "/")}?${turned.map((pair) => everyByte(pair, "=")).join("&")}`,
        limits,
      );
      assert.ok(isGoodLink(again.path, again.query, [key], 0));
    }),
    { numRuns: 300 },
  );
});

/** Percent-encodes every byte but those that separate parts. */
function everyByte(text: string, separator: string): string {
  return text
    .split(separator)
    .map((part) =>
      Array.from(
        Buffer.from(decodeURIComponent(part)),
        (byte) => `%${byte.toString(16).padStart(2, "0")}`,
      ).join(""),
    )
    .join(separator);
}
