import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithUs } from "./children.ts";

/** The path of a browser; undefined if none is installed. */
export const chromiumPath = ["chromium", "chromium-browser", "google-chrome"]
  .flatMap((name) => (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name)))
  .find(isProgram);

/** Why a test that needs a browser doesn't run; false when it can. */
export const skippedWithoutChromium =
  chromiumPath === undefined ? "no Chromium is installed: apt-get install chromium" : false;

/** How a page is displayed. */
export interface View {
  readonly widthPx: number;
  readonly scheme: "light" | "dark";
  readonly media: "screen" | "print";
}

/** A page in a headless browser. */
export interface BrowserPage extends AsyncDisposable {
  /** Loads an address and waits until it is complete. */
  open(url: string, view: View): Promise<void>;
  /** The value of a JavaScript expression in the page; that of a promise, once it is fulfilled. */
  evaluate(expression: string): Promise<unknown>;
  /** Waits until an expression is true in the page. */
  waitUntil(expression: string): Promise<void>;
  /** Presses a key, such as `Tab`, as a person does. */
  press(key: string): Promise<void>;
  /** Lets the page save downloads in a folder. */
  saveDownloads(folder: string): Promise<void>;
  /** Addresses that the page has requested. */
  readonly requests: readonly string[];
  /** Errors, refusals and warnings that the browser has logged. */
  readonly complaints: readonly string[];
}

/** Keys that do something by their code, not by their letter. */
const virtualKeys: Readonly<Record<string, { readonly windowsVirtualKeyCode: number }>> = {
  Tab: { windowsVirtualKeyCode: 9 },
  Enter: { windowsVirtualKeyCode: 13 },
};

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** Starts Chromium and controls it by the DevTools protocol over a pipe. */
export async function openBrowser(): Promise<BrowserPage> {
  const profile = await mkdtemp(join(tmpdir(), "stream-csv-chromium-"));
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"];
  const child = spawn(chromiumPath ?? "chromium", [...flags, `--user-data-dir=${profile}`], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  endWithUs(child);
  const ended = once(child, "exit");
  const pipe = protocol(child.stdio[3] as Writable, child.stdio[4] as Readable);
  void ended.then(() => pipe.fail(new Error("the browser has ended")));
  const requests: string[] = [];
  const complaints: string[] = [];
  pipe.on("Network.requestWillBeSent", ({ request }) => requests.push((request as { url: string }).url));
  pipe.on("Log.entryAdded", ({ entry }) => complaints.push((entry as { text: string }).text));
  pipe.on("Runtime.exceptionThrown", (params) => complaints.push(JSON.stringify(params)));
  const { targetId } = await pipe.call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await pipe.call("Target.attachToTarget", { targetId, flatten: true });
  const inPage = (method: string, params = {}): ReturnType<typeof pipe.call> =>
    pipe.call(method, params, String(sessionId));
  for (const domain of ["Page", "Network", "Log", "Runtime"]) await inPage(`${domain}.enable`);
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result } = await inPage("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    return (result as { value?: unknown }).value;
  };
  return {
    requests,
    complaints,
    async open(url, { widthPx, scheme, media }) {
      const features = [{ name: "prefers-color-scheme", value: scheme }];
      await inPage("Emulation.setEmulatedMedia", { media: media === "print" ? media : "", features });
      await inPage("Emulation.setDeviceMetricsOverride", {
        width: widthPx,
        height: 844,
        deviceScaleFactor: 1,
        mobile: true,
      });
      const loaded = new Promise((resolve) => {
        pipe.on("Page.loadEventFired", resolve);
      });
      // Another page may have been opened by this one, which is hidden then.
      await inPage("Page.bringToFront");
      await inPage("Page.navigate", { url });
      await loaded;
    },
    evaluate,
    async waitUntil(expression) {
      while ((await evaluate(expression)) !== true) await sleep(20);
    },
    async press(key) {
      const text = key === "Enter" ? "\r" : undefined;
      await inPage("Input.dispatchKeyEvent", { type: "keyDown", key, code: key, text, ...virtualKeys[key] });
      await inPage("Input.dispatchKeyEvent", { type: "keyUp", key, code: key, ...virtualKeys[key] });
    },
    async saveDownloads(downloadPath) {
      await pipe.call("Browser.setDownloadBehavior", { behavior: "allow", downloadPath });
    },
    async [Symbol.asyncDispose]() {
      await pipe.call("Browser.close").catch(() => child.kill("SIGKILL"));
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Messages are JSON, each ended by a NUL. */
function protocol(
  input: Writable,
  output: Readable,
): {
  call(
    method: string,
    params?: Readonly<Record<string, unknown>>,
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>>;
  on(method: string, listener: (params: Readonly<Record<string, unknown>>) => void): void;
  fail(reason: Error): void;
} {
  const waiting = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  const listeners = new Map<string, (params: Readonly<Record<string, unknown>>) => void>();
  let lastId = 0;
  let rest = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\0");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const { id, method, params, result, error } = JSON.parse(part) as Message;
      if (method !== undefined) listeners.get(method)?.(params ?? {});
      if (id === undefined) continue;
      if (error === undefined) waiting.get(id)?.resolve(result ?? {});
      else waiting.get(id)?.reject(new Error(error.message));
      waiting.delete(id);
    }
  });
  // Pending calls fail when the browser ends.
  input.on("error", () => undefined);
  return {
    call(method, params = {}, sessionId) {
      lastId += 1;
      const answer = withResolvers<Readonly<Record<string, unknown>>>();
      waiting.set(lastId, answer);
      input.write(`${JSON.stringify({ id: lastId, method, params, sessionId })}\0`);
      return answer.promise;
    },
    on: (method, listener) => listeners.set(method, listener),
    fail(reason) {
      for (const { reject } of waiting.values()) reject(reason);
    },
  };
}

/** As `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: PromiseWithResolvers<T>["resolve"] = () => undefined;
  let reject: PromiseWithResolvers<T>["reject"] = () => undefined;
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: unknown) => void;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
