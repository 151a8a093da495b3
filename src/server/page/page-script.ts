import { commonScript } from "./script/common-script.ts";
import { downloadScript } from "./script/download-script.ts";
import { formsScript } from "./script/forms-script.ts";
import { jobsScript } from "./script/jobs-script.ts";
import { liveScript } from "./script/live-script.ts";
import { signInScript } from "./script/sign-in-script.ts";

const start = `function startPage() {
  document.querySelectorAll(".address").forEach(startForm);
  byId("answer").querySelector("button").addEventListener("click", () => byId("answer").close());
  const showAll = () => {
    void run();
    void showJobs();
  };
  document.addEventListener("visibilitychange", showAll);
  showAll();
}

const signIn = byId("sign-in");
if (signIn === null) startPage();
else startSignIn(signIn);
`;

const parts = [commonScript, jobsScript, formsScript, downloadScript, liveScript, signInScript, start];

/**
 * The script of the page, served at `/page.js`. It builds elements and text alone, so no value is ever read as HTML; only the page
 * itself is, when somebody signs in. All of it is in one function, so that nothing else in the browser reaches the token.
 */
export const pageScript = `(() => {\n${parts.join("\n")}})();\n`;
