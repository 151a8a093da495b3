/** The forms of the exports. */
export const formsScript = String.raw`// Forms: the address and the curl line follow the fields.
function startForm(form) {
  const address = form.querySelector(".address");
  const curl = form.querySelector(".curl");
  const show = () => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")).toString();
    const path = form.dataset.path + (query === "" ? "" : "?" + query);
    address.href = path;
    address.textContent = address.href;
    const auth = token === undefined ? "" : '--header "Authorization: Bearer $TOKEN" ';
    const line = "curl --fail --remote-name --remote-header-name " + auth + "'" + address.href.replaceAll("'", "%27") + "'";
    // Lines break between words, not behind a hyphen.
    curl.replaceChildren(...line.split(" ").flatMap((word) => [element("span", word), " "]).slice(0, -1));
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
  const place = form.querySelector(".outcome");
  onClick(asJob, () => submitJob(asJob.dataset.jobs + new URL(address.href).search, place));
  asJob.hidden = false;
  form.addEventListener("submit", (event) => {
    if (token === undefined) return;
    event.preventDefault();
    void download(address.href, place);
  });
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  copier(".copy-address", address);
  copier(".copy-curl", curl);
  form.querySelector(".request").hidden = false;
  show();
}
`;
