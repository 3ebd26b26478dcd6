// Wagtail takes a form for saved as it stands two seconds after it came, and again as it stands when an autosave
// returns. What was written shortly before either moment would stay unsaved until the next change: say it once more.
const TYPING = ["beforeinput", "input", "change"];
const EDITS = { bubbles: true, cancelable: true, detail: { type: "edits" } };
let typed = false;
let sent = null;

const note = ({ isTrusted, target }) => {
  typed ||= isTrusted && Boolean(target.closest?.("[data-edit-form]"));
};
for (const event of TYPING) document.addEventListener(event, note, true);

document.addEventListener("w-autosave:save", ({ target }) => {
  sent = window.wagtail.app.getControllerForElementAndIdentifier(target, "w-unsaved").formData;
});

document.addEventListener("w-unsaved:watch-edits", ({ target, detail }) => {
  const isSaved = sent === null ? !typed : detail.initialFormData === sent;
  if (!isSaved) target.dispatchEvent(new CustomEvent("w-unsaved:add", EDITS));
});
