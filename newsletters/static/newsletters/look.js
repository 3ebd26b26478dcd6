// Keeps a written colour and the browser's chooser equal, and shows in the sample what they make of a mail.
(() => {
  "use strict";
  const isColour = (value) => /^#[0-9a-f]{6}$/i.test(value);

  const show = (field) => {
    const sample = document.querySelector("[data-look]");
    if (!sample || !field.name) return;
    const fonts = JSON.parse(sample.dataset.look);
    const name = field.name.replace(/^colour_/, "").replaceAll("_", "-");
    const value = field.name.endsWith("_font") ? fonts[field.value] : field.value;
    if (field.name.endsWith("_font") || isColour(field.value)) sample.style.setProperty(`--look-${name}`, value);
    // What its text stands on is worked out when the look is saved.
    if (/^colour_(on_)?sun$/.test(field.name) && field.value !== field.defaultValue) sample.style.removeProperty("--look-sun-ground");
    if (field.name === "columns") sample.dataset.columns = field.value;
  };

  document.addEventListener("input", ({ target }) => {
    const written = document.getElementById(target.dataset.colourOf);
    if (written) {
      written.value = target.value;
      written.dispatchEvent(new Event("input", { bubbles: true }));
      return;
    }
    const chooser = target.id && document.querySelector(`[data-colour-of="${CSS.escape(target.id)}"]`);
    if (chooser && isColour(target.value)) chooser.value = target.value.toLowerCase();
    if (/^(colour_\w+|\w+_font|columns)$/.test(target.name)) show(target);
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const field of document.querySelectorAll('[name^="colour_"], [name$="_font"], [name="columns"]')) show(field);
  });
})();
