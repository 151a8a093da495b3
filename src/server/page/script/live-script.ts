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
`;
