// Wagtail takes a form for saved as it stands two seconds after it came, and again as it stands when an autosave
// returns. What was written shortly before either moment would stay unsaved until the next change: say it once more.
const TYPING = ["beforeinput", "input", "change"];
const EDITS = { bubbles: true, cancelable: true, detail: { type: "edits" } };
const MOST_RETRIES = 6;
const LONGEST_WAY = 30_000;
let typed = false;
let sent = null;
let failures = 0;

const sayAgain = (form) => form.dispatchEvent(new CustomEvent("w-unsaved:add", EDITS));

const note = ({ isTrusted, target }) => {
  typed ||= isTrusted && Boolean(target.closest?.("[data-edit-form]"));
};
for (const event of TYPING) document.addEventListener(event, note, true);

document.addEventListener("w-autosave:save", ({ target }) => {
  sent = window.wagtail.app.getControllerForElementAndIdentifier(target, "w-unsaved").formData;
});

document.addEventListener("w-unsaved:watch-edits", ({ target, detail }) => {
  const isSaved = sent === null ? !typed : detail.initialFormData === sent;
  if (!isSaved) sayAgain(target);
});

// Wagtail repeats an autosave that no server answered, but not one that the server failed at.
document.addEventListener("w-autosave:success", () => {
  failures = 0;
});

document.addEventListener("w-autosave:error", ({ target, detail }) => {
  if (detail.type !== "server_error" || failures >= MOST_RETRIES) return;
  failures += 1;
  setTimeout(sayAgain, 1000 * 2 ** failures, target);
});

// A save by hand that overtakes an autosave brings an editor of an older revision than the last one: Wagtail takes that
// for somebody else's and saves nothing more by itself. So it waits until the autosave is answered.
let isSaving = false;
let waiting = null;
const goOn = () => {
  isSaving = false;
  if (waiting === null) return;
  const { form, button } = waiting;
  waiting = null;
  const isDisabled = button?.disabled; // by Wagtail, against a second click: then the form would not say which button
  if (button) button.disabled = false;
  form.requestSubmit(button);
  if (button) button.disabled = isDisabled;
};
document.addEventListener("w-autosave:save", (event) => {
  setTimeout(() => {
    isSaving = !event.defaultPrevented;
  });
});
for (const event of ["w-autosave:success", "w-autosave:error"]) document.addEventListener(event, () => setTimeout(goOn));

document.addEventListener("submit", (event) => {
  if (!isSaving || !event.target.matches("[data-edit-form]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (waiting === null) setTimeout(goOn, LONGEST_WAY);
  waiting = { form: event.target, button: event.submitter };
}, true);

// What is written into a form that is on its way to the server would be lost when the answer comes.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-edit-form]")) return;
  const setInert = (inert) => {
    event.target.inert = inert;
  };
  setTimeout(() => {
    if (!event.defaultPrevented) setInert(true);
  });
  setTimeout(setInert, LONGEST_WAY, false); // for who stopped it on its way
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-edit-form]")) form.inert = false;
});
