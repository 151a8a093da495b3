/** The live part: workers and transfers. */
export const liveScript = String.raw`// The live part: two answers are compared for rates, and forgotten when the server restarts.
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
  item.append(element("span", rowsOf(transfer.rows)), element("span", size(transfer.bytes)));
  if (transfer.state !== "running") {
    item.append(element("span", transfer.state.replaceAll("-", " "), "state"));
    if (transfer.error !== null) item.append(element("span", transfer.error.message, "reason"));
    return item;
  }
  const rate = before === undefined || !(seconds > 0) ? "…" : number.format(Math.round(Math.max(0, transfer.rows - before.rows) / seconds));
  item.append(element("span", rate + " rows/s"));
  if (transfer.expectedRows > 0) item.append(shareOf(transfer));
  const button = element("button", "Cancel");
  button.type = "button";
  button.setAttribute("aria-label", "Cancel " + transfer.export + " " + transfer.id);
  onClick(button, () => remove("/transfers/" + encodeURIComponent(transfer.id), byId("live-state")));
  item.append(button);
  return item;
}

async function poll() {
  const hasWorkers = byId("workers") !== null;
  const [stats, { transfers }] = await Promise.all([hasWorkers ? json("/stats") : null, json("/transfers")]);
  // The clock of the server shows a restart; who may not see its numbers has the browser's.
  const atSeconds = stats === null ? performance.now() / 1000 : stats.uptimeSeconds;
  const isSame = earlier !== undefined && atSeconds > earlier.atSeconds;
  const seconds = isSame ? atSeconds - earlier.atSeconds : 0;
  const before = isSame ? earlier : { workers: [], transfers: [] };
  if (stats !== null) drawWorkers(stats, before, seconds);
  const [running, ended] = [transfers.filter(({ state }) => state === "running"), transfers.filter(({ state }) => state !== "running")];
  const transferBefore = (id) => before.transfers.find((each) => each.id === id);
  replace(byId("running"), running.map((each) => drawTransfer(each, transferBefore(each.id), seconds)));
  replace(byId("ended"), ended.slice(-mostEnded).reverse().map((each) => drawTransfer(each)));
  earlier = { atSeconds, workers: stats?.workers ?? [], transfers };
  const waiting = stats?.backlog.queued ?? 0;
  byId("live-state").textContent = waiting === 0 ? "" : waiting + " connections wait for a worker.";
}

function drawWorkers(stats, before, seconds) {
  replace(byId("workers"), stats.workers.map((worker) => {
    const same = before.workers.find((each) => each.worker === worker.worker);
    // The numbers of a worker have an age of their own.
    const apart = same === undefined ? 0 : seconds - worker.ageSeconds + same.ageSeconds;
    return drawWorker(worker, same, apart);
  }));
}

let timer;
let isPolling = false;
async function run() {
  clearTimeout(timer);
  const live = byId("live");
  if (live === null || isPolling || document.hidden) return;
  isPolling = true;
  let isRefused = false;
  try {
    await poll();
    const workers = byId("workers-part");
    if (workers !== null) workers.hidden = false;
  } catch (error) {
    isRefused = refusals.includes(error.status);
    earlier = undefined;
    byId("live-state").textContent = "No live numbers: " + error.message + ". Trying again.";
  } finally {
    isPolling = false;
    live.hidden = isRefused;
    if (!document.hidden && !isRefused) timer = setTimeout(run, pollMs);
  }
}
`;
