/** The list of the caller's jobs. */
export const jobsScript = String.raw`// Jobs: those of this caller, asked for as often as the server says while one is unfinished.
let jobTimer;

function drawJob(job) {
  const item = element("li");
  item.dataset.id = job.id;
  const since = element("time", new Date(job.createdAt).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }));
  since.dateTime = job.createdAt;
  item.append(element("strong", job.export), element("span", job.state, "state"), since);
  item.append(element("span", rowsOf(job.rows)), element("span", size(job.bytes)));
  if (job.state === "running" && job.expectedRows > 0) item.append(shareOf(job));
  if (job.result !== null) {
    const link = element("a", job.result.filename);
    link.href = addressOf(job.result.url);
    link.download = "";
    item.append(link);
  }
  if (job.error !== null) item.append(element("span", job.error.message, "reason"));
  if (job.state === "queued" || job.state === "running") {
    const button = element("button", "Cancel");
    button.type = "button";
    button.setAttribute("aria-label", "Cancel job " + job.export + " " + job.id);
    onClick(button, () => remove("/jobs/" + encodeURIComponent(job.id), byId("jobs-state")));
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

async function submitJob(path, place) {
  say("", place);
  try {
    const answer = await ask(path, { method: "POST" });
    if (!answer.ok) throw new Error(await reasonOf(answer));
    await showJobs();
    const link = element("a", "list of jobs");
    link.href = "#jobs";
    place.append("It is in the ", link, ".");
  } catch (error) {
    say("The job was refused: " + error.message, place);
  }
}
`;
