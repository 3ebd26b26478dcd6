// Shows one edition at a time, in the way that was asked for, and lets no form be sent twice by a double click.
for (const viewer of document.querySelectorAll("[data-hub-viewer]")) {
  const frame = viewer.querySelector("iframe");
  const select = viewer.querySelector("[data-edition]");
  const modes = [...viewer.querySelectorAll("[data-mode]")];
  const show = () => {
    const mode = modes.find((button) => button.getAttribute("aria-pressed") === "true").dataset.mode;
    const option = select.selectedOptions[0];
    const url = new URL(mode === "text" ? option.dataset.text : option.value, window.location.href);
    if (mode === "dark") url.searchParams.set("scheme", "dark");
    if (frame.src !== url.href) frame.src = url.href;
    viewer.querySelector("[data-whole]").href = url.href;
    viewer.querySelector("[data-frame]").dataset.shown = mode;
    viewer.querySelector("[data-subject-line]").textContent = option.dataset.subject;
    viewer.querySelector("[data-preheader-line]").textContent = option.dataset.preheader;
  };
  select.addEventListener("change", show);
  for (const button of modes) {
    button.addEventListener("click", () => {
      for (const other of modes) other.setAttribute("aria-pressed", String(other === button));
      show();
    });
  }
  if (select.selectedIndex > 0) show(); // the browser kept a choice
}

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});
