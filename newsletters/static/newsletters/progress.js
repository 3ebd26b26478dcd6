// Keeps the figures of a sending or an import up to date while it goes on, and tells a screen reader each tenth of the way.
const section = document.getElementById("progress");
const told = document.getElementById("progress-told");
let tenth = null;

function show(progress) {
  const open = Boolean(section.querySelector("details[open]"));
  const focused = document.activeElement?.closest("#progress a")?.getAttribute("href");
  section.innerHTML = progress.html;
  if (open) section.querySelector("details")?.setAttribute("open", "");
  if (focused) section.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  const now = Math.floor(progress.percent / 10);
  if (tenth !== null && now !== tenth) told.textContent = section.querySelector(".hub-bar p").textContent;
  tenth = now;
}

// A link that is replaced between pressing and letting go is not followed.
async function letGo() {
  while (document.querySelector(":active")) await new Promise((done) => setTimeout(done, 100));
}

async function follow() {
  const response = await fetch(section.dataset.url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (response?.redirected) return window.location.reload(); // to the login
  if (response?.ok) {
    const progress = await response.json();
    await letGo();
    if (progress.status !== section.dataset.status) return window.location.reload();
    show(progress);
  }
  return setTimeout(follow, document.hidden ? 10000 : 1500);
}

if ("isGoingOn" in section.dataset || ["sending", "paused"].includes(section.dataset.status)) setTimeout(follow, 1000);
