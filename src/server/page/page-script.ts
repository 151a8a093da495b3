/** The script of the page, served at `/page.js`. It builds elements and text alone, so no value is ever read as HTML. */
export const pageScript = String.raw`"use strict";
const pollMs = 1000;
const mostEnded = 20;
const mostDrawnSlots = 64;
const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== "") made.className = className;
  return made;
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) { bytes /= 1024; unit += 1; }
  return (unit === 0 ? bytes : bytes.toFixed(bytes < 10 ? 1 : 0)) + " " + units[unit];
}

// Jobs: those of this caller, asked for as often as the server says while one is unfinished.
let jobTimer;

function drawJob(job) {
  const item = element("li");
  item.dataset.id = job.id;
  item.append(element("strong", job.export), element("span", job.state, "state"));
  item.append(element("span", number.format(job.rows) + " rows"), element("span", size(job.bytes)));
  if (job.state === "running" && job.expectedRows > 0) {
    const bar = element("progress");
    bar.max = job.expectedRows;
    bar.value = job.rows;
    bar.setAttribute("aria-label", "share done");
    item.append(bar, element("span", Math.floor((job.rows / job.expectedRows) * 100) + "%"));
  }
  if (job.result !== null) {
    const link = element("a", job.result.filename);
    link.href = job.result.url;
    link.download = "";
    item.append(link);
  }
  if (job.error !== null) item.append(element("span", job.error.message, "reason"));
  if (job.state === "queued" || job.state === "running") {
    const button = element("button", "Cancel");
    button.type = "button";
    button.setAttribute("aria-label", "Cancel job " + job.export + " " + job.id);
    button.addEventListener("click", () => remove("/jobs/" + encodeURIComponent(job.id), button, byId("jobs-state")));
    item.append(button);
  }
  return item;
}

async function showJobs() {
  clearTimeout(jobTimer);
  const section = byId("jobs");
  if (section === null || document.hidden) return;
  let wait = 1000;
  try {
    const { jobs } = await json("/jobs");
    replace(byId("job-list"), jobs.slice(0, mostEnded).map(drawJob));
    section.hidden = jobs.length === 0;
    byId("jobs-state").textContent = "";
    if (jobs.every(({ state }) => state !== "queued" && state !== "running")) return;
  } catch (error) {
    // Who may see no jobs, by a link or another port, has none.
    if (refusals.includes(error.status)) return;
    byId("jobs-state").textContent = "No news of jobs: " + error.message + ". Trying again.";
    wait = 5000;
  }
  jobTimer = setTimeout(showJobs, wait);
}

async function submitJob(button, query) {
  button.disabled = true;
  const section = byId("jobs");
  section.hidden = false;
  try {
    const answer = await fetch(button.dataset.jobs + query, { method: "POST" });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail);
    await showJobs();
  } catch (error) {
    byId("jobs-state").textContent = "The job was refused: " + error.message;
  } finally {
    button.disabled = false;
  }
}

// Forms: the address and the curl line follow the fields.
for (const form of document.forms) {
  const address = form.querySelector(".address");
  const curl = form.querySelector(".curl");
  const show = () => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")).toString();
    const path = form.dataset.path + (query === "" ? "" : "?" + query);
    address.href = path;
    address.textContent = address.href;
    curl.textContent = "curl --fail --remote-name --remote-header-name '" + address.href.replaceAll("'", "%27") + "'";
  };
  const copier = (selector, source) => {
    const button = form.querySelector(selector);
    const name = button.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        // Without a secure context there is no clipboard: the text is selected for the keyboard.
        getSelection().selectAllChildren(source);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = name; }, 2000);
    });
  };
  const asJob = form.querySelector(".as-job");
  asJob.addEventListener("click", () => submitJob(asJob, new URL(address.href).search));
  asJob.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  copier(".copy-address", address);
  copier(".copy-curl", curl);
  form.querySelector(".request").hidden = false;
  show();
}

// The live part: two answers are compared for rates, and forgotten when the server restarts.
let earlier;

function drawWorker(stats, before, seconds) {
  const item = element("li");
  item.append(element("strong", "Worker " + stats.worker + (stats.isRunning ? "" : ", not running")));
  const slots = element("div", "", "slots");
  slots.setAttribute("aria-hidden", "true");
  for (let slot = 0; slot < Math.min(stats.slots, mostDrawnSlots); slot += 1)
    slots.append(element("i", "", slot < stats.busySlots ? "busy" : "free"));
  for (let place = 0; place < Math.min(stats.queued, mostDrawnSlots); place += 1) slots.append(element("i", "", "queued"));
  const loop = before === undefined || !(seconds > 0) ? "…"
    : Math.round(Math.min(1, Math.max(0, (stats.loopSeconds - before.loopSeconds) / seconds)) * 100) + "%";
  item.append(
    slots,
    element("div", stats.busySlots + " busy, " + (stats.slots - stats.busySlots) + " free, " + stats.queued + " queued", "numbers"),
    element("div", "loop " + loop + " busy, memory " + size(stats.residentBytes), "facts"),
  );
  return item;
}

function drawTransfer(transfer, before, seconds) {
  const item = element("li");
  item.dataset.id = transfer.id;
  item.append(element("strong", transfer.export), element("span", transfer.delivery));
  item.append(element("span", number.format(transfer.rows) + " rows"), element("span", size(transfer.bytes)));
  if (transfer.state !== "running") {
    item.append(element("span", transfer.state, "state"));
    if (transfer.error !== null) item.append(element("span", transfer.error.message, "reason"));
    return item;
  }
  const rate = before === undefined || !(seconds > 0) ? "…" : number.format(Math.round(Math.max(0, transfer.rows - before.rows) / seconds));
  item.append(element("span", rate + " rows/s"));
  if (transfer.expectedRows > 0) {
    const bar = element("progress");
    bar.max = transfer.expectedRows;
    bar.value = transfer.rows;
    bar.setAttribute("aria-label", "share done");
    item.append(bar, element("span", Math.floor((transfer.rows / transfer.expectedRows) * 100) + "%"));
  }
  const button = element("button", "Cancel");
  button.type = "button";
  button.setAttribute("aria-label", "Cancel " + transfer.export + " " + transfer.id);
  button.addEventListener("click", () =>
    remove("/transfers/" + encodeURIComponent(transfer.id), button, byId("live-state")));
  item.append(button);
  return item;
}

async function remove(path, button, status) {
  button.disabled = true;
  try {
    const answer = await fetch(path, { method: "DELETE" });
    // It may have ended meanwhile; the next poll shows it.
    if (!answer.ok && answer.status !== 404 && answer.status !== 409) throw new Error("status " + answer.status);
  } catch (error) {
    button.disabled = false;
    status.textContent = "Couldn't cancel " + path + ": " + error.message;
  }
}

// The element that has the focus is replaced by a new one of the same transfer, which gets the focus.
function replace(list, items) {
  const focused = list.contains(document.activeElement) ? document.activeElement.closest("li").dataset.id : undefined;
  list.replaceChildren(...items);
  if (focused !== undefined) items.find((item) => item.dataset.id === focused)?.querySelector("button")?.focus();
}

async function json(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw Object.assign(new Error(path + " answers " + answer.status), { status: answer.status });
  return await answer.json();
}

async function poll() {
  const [stats, { transfers }] = await Promise.all([json("/stats"), json("/transfers")]);
  const isSame = earlier !== undefined && stats.uptimeSeconds > earlier.stats.uptimeSeconds;
  const seconds = isSame ? stats.uptimeSeconds - earlier.stats.uptimeSeconds : 0;
  const workerBefore = (worker) => isSame ? earlier.stats.workers.find((each) => each.worker === worker) : undefined;
  const transferBefore = (id) => isSame ? earlier.transfers.find((each) => each.id === id) : undefined;
  replace(byId("workers"), stats.workers.map((worker) => {
    const before = workerBefore(worker.worker);
    // The numbers of a worker have an age of their own.
    const apart = before === undefined ? 0 : seconds - worker.ageSeconds + before.ageSeconds;
    return drawWorker(worker, before, apart);
  }));
  replace(byId("running"), transfers.filter(({ state }) => state === "running").map((each) => drawTransfer(each, transferBefore(each.id), seconds)));
  replace(byId("ended"), transfers.filter(({ state }) => state !== "running").slice(-mostEnded).reverse().map((each) => drawTransfer(each)));
  earlier = { stats, transfers };
  const waiting = stats.backlog.queued;
  byId("live-state").textContent = waiting === 0 ? "" : waiting + " connections wait for a worker.";
}

const live = byId("live");
// Answers of a server that shows its numbers to others, or at another port: asking again would change nothing.
const refusals = [401, 403, 404];
let timer;
let isPolling = false;
async function run() {
  if (isPolling || document.hidden || !live.isConnected) return;
  isPolling = true;
  try {
    await poll();
  } catch (error) {
    if (refusals.includes(error.status)) {
      live.remove();
      return;
    }
    earlier = undefined;
    byId("live-state").textContent = "No live numbers: " + error.message + ". Trying again.";
  } finally {
    isPolling = false;
    live.hidden = false;
    clearTimeout(timer);
    if (!document.hidden && live.isConnected) timer = setTimeout(run, pollMs);
  }
}
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (live !== null) void run();
  void showJobs();
});
if (live !== null) void run();
void showJobs();
`;
