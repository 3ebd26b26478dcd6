// Puts on each story of an issue what has become of its page, and marks the words that are the editor's own.
const ROW_FIELDS = ["title", "teaser", "link_text"];

function say(block, labels) {
  const heading = block.querySelector("[data-panel-heading]");
  for (const words of labels) {
    const label = document.createElement("span");
    label.className = "w-status hub-story-label";
    label.textContent = words;
    heading?.append(label);
  }
}

// A block without a page has nothing to be called after, and Wagtail writes "null", also when it is folded again.
function nameBlocks(names, nameless) {
  for (const title of document.querySelectorAll(".c-sf-block__title")) {
    if (title.textContent !== "null") continue;
    title.textContent = names[title.closest("[data-contentpath]")?.dataset.contentpath] ?? nameless;
  }
}

function watch(input, pageWords, own) {
  const label = own.content.firstElementChild.cloneNode(true);
  input.closest("[data-contentpath]").querySelector("label")?.append(label);
  input.placeholder = pageWords;
  const mark = () => {
    label.hidden = !input.value || input.value === pageWords;
  };
  input.addEventListener("input", mark);
  mark();
}

function start() {
  const states = JSON.parse(document.getElementById("hub-story-states")?.textContent ?? "{}");
  const own = document.getElementById("hub-story-own");
  const names = Object.fromEntries(Object.entries(states).map(([id, { name }]) => [id, name]));
  const name = () => nameBlocks(names, own.dataset.nameless);
  new MutationObserver(name).observe(document.querySelector("[data-edit-form]"), { childList: true, subtree: true });
  name();
  for (const [id, { labels, words }] of Object.entries(states)) {
    const block = document.querySelector(`[data-contentpath="${CSS.escape(id)}"]`);
    if (!block) continue;
    say(block, labels);
    for (const row of block.querySelectorAll('[data-contentpath="texts"] [data-streamfield-child]')) {
      const page = words[row.querySelector('[data-contentpath="language"] select')?.value];
      for (const name of page ? ROW_FIELDS : []) {
        const input = row.querySelector(`[data-contentpath="${name}"] :is(input, textarea)`);
        if (input) watch(input, page[name], own);
      }
    }
  }
}

if (document.readyState === "complete") start();
else window.addEventListener("load", start);
