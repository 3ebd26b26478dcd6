// Counts what is ticked, and finds in the list as one types.
const form = document.getElementById("gather");

if (form) {
  const output = form.querySelector("output");
  const button = form.querySelector("button[type=submit]");
  const boxes = [...form.querySelectorAll("input[name=chosen]")];
  const find = form.querySelector("#find");

  const count = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    const { none, one, many } = output.dataset;
    output.textContent = [none, one][ticked] ?? many.replace("{count}", ticked);
    button.disabled = ticked === 0;
  };

  const narrow = () => {
    const words = find.value.toLowerCase().split(/\s+/);
    for (const item of form.querySelectorAll("li[data-words]"))
      item.hidden = !words.every((word) => item.dataset.words.includes(word));
    for (const group of form.querySelectorAll("fieldset")) group.hidden = !group.querySelector("li:not([hidden])");
    form.querySelector(".hub-gather-none").hidden = Boolean(form.querySelector("fieldset:not([hidden])"));
  };

  form.addEventListener("change", count);
  find.addEventListener("input", narrow);
  find.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  window.addEventListener("pageshow", count);
  form.querySelector(".hub-gather-find").hidden = boxes.length < 8;
  count();
}
