/** Downloads, and the answers of the server, by who has signed in. */
export const downloadScript = String.raw`// A browser saves a download as it comes, but sends no header with it. So the token goes in the body of a form, which is in the
// page only while it is sent. A request without a body shows before whether there is something to download.
async function download(address, place) {
  say("", place);
  try {
    const path = pathOf(address) + new URL(address).search;
    const head = await ask(path, { method: "HEAD", redirect: "manual" });
    const isElsewhere = head.type === "opaqueredirect";
    if (!head.ok && !isElsewhere) throw new Error(await refusalOf(path));
    const form = element("form");
    form.method = "post";
    form.action = addressOf("/download" + path);
    // A file that is elsewhere is led to by a page, and this page must stay.
    if (isElsewhere) form.target = "_blank";
    form.hidden = true;
    const field = element("input");
    field.type = "hidden";
    field.name = "access_token";
    field.value = token;
    form.append(field);
    document.body.append(form);
    form.submit();
    form.remove();
  } catch (error) {
    say("Couldn't download: " + error.message, place);
  }
}

// The answer to HEAD has no words.
async function refusalOf(path) {
  const stop = new AbortController();
  const answer = await ask(path, { signal: stop.signal });
  const reason = answer.ok ? "try again" : await reasonOf(answer);
  stop.abort();
  return reason;
}

// Links can't carry a token, so the script follows them.
function followLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link === null || link.origin !== location.origin || link.hash !== "") return;
    event.preventDefault();
    const place = link.closest("article")?.querySelector(".outcome") ?? undefined;
    void (link.closest("nav") === null ? download(link.href, place) : showAnswer(pathOf(link.href)));
  });
}

async function showAnswer(path) {
  say("");
  try {
    const answer = await ask(path);
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get("Content-Type"));
    const dialog = byId("answer");
    dialog.querySelector("h2").textContent = path;
    dialog.querySelector("pre").textContent = isJson ? JSON.stringify(JSON.parse(text), null, 2) : text;
    dialog.showModal();
  } catch (error) {
    say("Couldn't show " + path + ": " + error.message);
  }
}
`;
