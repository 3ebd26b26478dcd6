// Lets Wagtail look for changes of an issue more often than twice a second, so that the preview follows within one.
const often = ({ target }) => target.setAttribute("data-w-unsaved-check-interval-value", "150");
document.addEventListener("w-unsaved:watch-edits", often, { once: true });
