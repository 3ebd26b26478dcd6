// Wagtail puts boxes of its own beside the hidden field of a rich text or of tags, without a name for screen readers.
const NAMELESS = ".Draftail-Editor__wrapper [role=textbox]:not([aria-label]), .tagit input:not([aria-label])";

function nameAll() {
  for (const box of document.querySelectorAll(NAMELESS)) {
    const field = box.closest(".Draftail-Editor__wrapper, .tagit").parentElement.querySelector("input[id]");
    const label = document.querySelector(`label[for="${CSS.escape(field?.id ?? "")}"]`);
    const heading = label ?? box.closest("section")?.querySelector(".c-sf-block__type");
    if (heading) box.setAttribute("aria-label", heading.textContent.replace("*", "").trim());
  }
}

new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
nameAll();
