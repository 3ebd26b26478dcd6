// Counts the readers of a segment on the server a moment after its conditions were changed.
(() => {
  "use strict";
  const form = document.getElementById("segment");
  const shown = document.getElementById("segment-count");
  const box = shown.parentElement;
  let timer = null;
  let asking = null;

  const count = async () => {
    asking?.abort();
    asking = new AbortController();
    box.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(form.dataset.countUrl, { method: "POST", body: new FormData(form), signal: asking.signal });
      if (response.ok && !response.redirected) shown.innerHTML = await response.text();
      box.removeAttribute("aria-busy");
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
})();
