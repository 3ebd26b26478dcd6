// Counts the readers of a segment on the server a moment after its conditions were changed: of many readers first about,
// then exactly.
(() => {
  "use strict";
  const form = document.getElementById("segment");
  const shown = document.getElementById("segment-count");
  const box = shown.parentElement;
  let timer = null;
  let asking = null;

  const isEstimate = () => shown.querySelector("[data-estimate]");

  const count = async ({ exact = false } = {}) => {
    asking?.abort();
    asking = new AbortController();
    box.setAttribute("aria-busy", "true");
    const body = new FormData(form);
    if (exact) body.set("exact", "1");
    try {
      const response = await fetch(form.dataset.countUrl, { method: "POST", body, signal: asking.signal });
      if (response.ok && !response.redirected) shown.innerHTML = await response.text();
      if (!exact && isEstimate()) await count({ exact: true });
      else box.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name !== "AbortError") box.removeAttribute("aria-busy");
    }
  };

  const soon = ({ target }) => {
    if (["name", "new_kind"].includes(target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(count, 600);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.querySelector("[data-count-button]").hidden = true;
  if (!shown.textContent.trim()) count();
  else if (isEstimate()) count({ exact: true });
})();
