// Shows one edition at a time, and lets no form be sent twice by a double click.
for (const viewer of document.querySelectorAll("[data-hub-viewer]")) {
  const select = viewer.querySelector("[data-edition]");
  const show = () => {
    viewer.querySelector("iframe").src = select.value;
    viewer.querySelector("[data-whole]").href = select.value;
  };
  select.addEventListener("change", show);
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
