// Makes the frame as tall as the mail, so that the whole page scrolls and keeps its place when the panel refreshes.
(() => {
  "use strict";
  const frame = document.querySelector("iframe.mail");
  if (!frame) return;
  const fit = () => {
    const body = frame.contentDocument?.body;
    if (body) frame.style.height = `${body.scrollHeight}px`;
  };
  frame.addEventListener("load", fit);
  addEventListener("resize", fit);
  fit();
})();
