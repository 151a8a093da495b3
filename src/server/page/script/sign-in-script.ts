/** Signing in and out. */
export const signInScript = String.raw`// Signing in: the page for this token is asked for, and shown in place of the form.
function startSignIn(form) {
  const field = byId("token");
  const refuse = (text) => {
    token = undefined;
    byId("sign-in-state").textContent = text;
    field.setAttribute("aria-invalid", "true");
    field.select();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    byId("sign-in-state").textContent = "";
    token = field.value.trim();
    try {
      // Nothing else can be in a header.
      const answer = /^[\w.~+/-]+=*$/.test(token) ? await fetch(root, { cache: "no-store", headers: { Authorization: "Bearer " + token } }) : null;
      if (answer === null || answer.status === 401 || answer.status === 403) refuse("This token isn't valid.");
      else if (!answer.ok) refuse("The server can't show the page now: " + (await reasonOf(answer)));
      else showPage(await answer.text());
    } catch {
      refuse("The server can't be reached. Try again.");
    }
  });
  form.hidden = false;
  field.focus();
}

// The server made this text as it makes the page for a browser. A script in it wouldn't run.
function showPage(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.title = page.title;
  document.body.replaceWith(document.adoptNode(page.body));
  followLinks();
  const signOut = byId("sign-out");
  signOut.hidden = false;
  // All that this page knows goes with it.
  signOut.addEventListener("click", () => location.reload());
  startPage();
  document.querySelector("h1").focus();
}
`;
