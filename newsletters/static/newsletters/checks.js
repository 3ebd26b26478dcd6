// Shows the checks of an issue beside its editor and on its review, and keeps them up to date.
const AFTER_A_SAVE = 1500;
const SOON = 4000;
const MOST_LOOKS = 60;
const FOCUSED = '[data-panel-toggle], input:not([type="hidden"]), textarea, [contenteditable="true"]';
const PHONE = "(max-width: 800px)";

class ChecksController extends window.StimulusModule.Controller {
  static targets = ["findings", "status"];
  static values = { url: String, links: String, failed: String };

  connect() {
    if (this.findingsTarget.hasAttribute("data-is-there")) this.shown();
    else this.refresh();
  }

  disconnect() {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  // Saves come every half second while somebody types.
  later() {
    this.looks = 0;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), AFTER_A_SAVE);
  }

  async refresh() {
    if (!this.urlValue) return;
    clearTimeout(this.timer);
    this.request?.abort();
    this.request = new AbortController();
    try {
      const response = await fetch(this.urlValue, { signal: this.request.signal });
      if (!response.ok || response.redirected) throw new Error(response.status);
      this.show(await response.text());
    } catch (error) {
      if (error.name === "AbortError") return;
      if (this.failedValue) this.statusTarget.textContent = this.fail();
      this.lookAgain();
    }
  }

  async again() {
    const headers = { "X-CSRFToken": window.wagtailConfig.CSRF_TOKEN };
    await fetch(this.linksValue, { method: "POST", headers }).catch(() => null);
    this.looks = 0;
    await this.refresh();
  }

  // While links are being checked, and where the server failed to answer.
  lookAgain() {
    this.looks = (this.looks ?? 0) + 1;
    if (this.looks <= MOST_LOOKS) this.timer = setTimeout(() => this.refresh(), SOON);
  }

  fail() {
    this.html = null;
    this.findingsTarget.querySelector("p span")?.replaceChildren(this.failedValue);
    return this.failedValue;
  }

  show(html) {
    if (html !== this.html) {
      const links = () => [...this.findingsTarget.querySelectorAll("a, button")];
      const focused = links().indexOf(document.activeElement);
      this.html = html;
      this.findingsTarget.innerHTML = html;
      if (focused >= 0) (links()[focused] ?? links().at(-1))?.focus();
    }
    this.shown();
  }

  shown() {
    const found = this.findingsTarget.firstElementChild;
    const { errors, count, awaited } = found.dataset;
    if (awaited !== "0") this.lookAgain();
    const summary = found.querySelector("[data-summary]").textContent.trim();
    if (this.html && this.statusTarget.textContent !== summary) this.statusTarget.textContent = summary;
    const counter = document.querySelector(
      '[data-side-panel-toggle="issue-checks"] [data-side-panel-toggle-counter]',
    );
    if (!counter || !this.element.closest("[data-side-panel]")) return;
    counter.textContent = count;
    counter.hidden = count === "0";
    counter.classList.toggle("w-bg-critical-200", errors !== "0");
    counter.classList.toggle("w-bg-surface-button-default", errors === "0");
  }

  // Leads to what is to be mended: opens its tab and its block, on phones closes the panel that would cover it.
  lead(event) {
    const url = new URL(event.currentTarget.href);
    const target = url.pathname === window.location.pathname && document.getElementById(url.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    this.go(target);
  }

  // The same for who comes from the review.
  arrive() {
    const target = document.getElementById(window.location.hash.slice(1));
    if (target && this.element.closest("[data-side-panel]")) this.go(target);
  }

  go(target) {
    const tab = target.closest('[role="tabpanel"]');
    if (tab?.hidden) document.querySelector(`[role="tab"][aria-controls="${tab.id}"]`)?.click();
    for (let panel = target.closest("[data-panel]"); panel; panel = panel.parentElement.closest("[data-panel]")) {
      const toggle = panel.querySelector("[data-panel-toggle]");
      if (toggle?.getAttribute("aria-expanded") === "false") toggle.click();
    }
    if (window.matchMedia(PHONE).matches) document.querySelector("[data-form-side-close-button]")?.click();
    target.scrollIntoView({ block: "start" });
    const around = target.matches("label") ? target.parentElement : target;
    around.querySelector(FOCUSED)?.focus({ preventScroll: true });
  }
}

window.wagtail.app.register("hub-checks", ChecksController);
