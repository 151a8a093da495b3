import { commonScript } from "./script/common-script.ts";
import { formsScript } from "./script/forms-script.ts";
import { jobsScript } from "./script/jobs-script.ts";
import { liveScript } from "./script/live-script.ts";

const start = `document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (live !== null) void run();
  void showJobs();
});
if (live !== null) void run();
void showJobs();
`;

/** The script of the page, served at `/page.js`. It builds elements and text alone, so no value is ever read as HTML. */
export const pageScript = [commonScript, jobsScript, formsScript, liveScript, start].join("\n");
