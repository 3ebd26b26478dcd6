// Keeps the figures of a sending up to date while it goes on.
const section = document.getElementById("progress");

function show(progress) {
  section.querySelector("[data-label]").textContent = progress.label;
  const reason = section.querySelector("[data-reason]");
  reason.textContent = progress.reason;
  reason.hidden = !progress.reason;
  section.querySelector("progress").value = progress.percent;
  section.querySelector("[data-settled]").textContent = progress.settled;
  section.querySelector("[data-counts]").replaceChildren(
    ...progress.counts.map(({ label, count }) => {
      const row = document.createElement("tr");
      for (const text of [label, count]) row.insertCell().textContent = text;
      return row;
    }),
  );
}

async function follow() {
  const response = await fetch(section.dataset.url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (response?.ok) {
    const progress = await response.json();
    show(progress);
    if (progress.status !== section.dataset.status) return window.location.reload();
  }
  return setTimeout(follow, 1500);
}

if (["sending", "paused"].includes(section.dataset.status)) setTimeout(follow, 1000);
