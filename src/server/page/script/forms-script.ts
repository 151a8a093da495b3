/** The forms of the exports. */
export const formsScript = String.raw`// Forms: the address and the curl line follow the fields. The article around a form is asked, not the form: a parameter may be
// named like a property of forms, and its field then takes the place of that property.
function startForm(address) {
  const article = address.closest("article");
  const form = article.querySelector("form");
  const curl = article.querySelector(".curl");
  const target = address.getAttribute("href");
  const show = () => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")).toString();
    const path = target + (query === "" ? "" : "?" + query);
    address.href = path;
    address.textContent = address.href;
    const auth = token === undefined ? "" : '--header "Authorization: Bearer $TOKEN" ';
    const line = "curl --fail --remote-name --remote-header-name " + auth + "'" + address.href.replaceAll("'", "%27") + "'";
    // Lines break between words, not behind a hyphen.
    curl.replaceChildren(...line.split(" ").flatMap((word) => [element("span", word), " "]).slice(0, -1));
  };
  const copier = (selector, source) => {
    const button = article.querySelector(selector);
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
  const asJob = article.querySelector(".as-job");
  const place = article.querySelector(".outcome");
  onClick(asJob, () => submitJob(asJob.dataset.jobs + new URL(address.href).search, place));
  asJob.hidden = false;
  article.addEventListener("submit", (event) => {
    if (token === undefined) return;
    event.preventDefault();
    void download(address.href, place);
  });
  article.addEventListener("input", show);
  article.addEventListener("reset", () => setTimeout(show));
  // A browser that goes back fills the fields again, after this script has run and without an event of theirs.
  addEventListener("pageshow", show);
  copier(".copy-address", address);
  copier(".copy-curl", curl);
  article.querySelector(".request").hidden = false;
  show();
}
`;
