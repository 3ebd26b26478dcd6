// Lets Wagtail look for changes of an issue more often than twice a second, so that the preview follows within one.
window.addEventListener("load", () => {
  document.querySelector("[data-edit-form]")?.setAttribute("data-w-unsaved-check-interval-value", "150");
});
