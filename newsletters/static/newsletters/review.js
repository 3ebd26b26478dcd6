// Shows one edition at a time.
for (const viewer of document.querySelectorAll("[data-hub-viewer]")) {
  const select = viewer.querySelector("[data-edition]");
  const show = () => {
    viewer.querySelector("iframe").src = select.value;
    viewer.querySelector("[data-whole]").href = select.value;
  };
  select.addEventListener("change", show);
  if (select.selectedIndex > 0) show(); // the browser kept a choice
}
