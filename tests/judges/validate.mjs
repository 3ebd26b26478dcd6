// Judges the HTML on stdin by html-validate's recommended rules, except those that mail clients prevent us from keeping.
import { HtmlValidate } from "html-validate";
const rules = {
  "doctype-style": "off", // MRML writes it in lower case, as HTML allows
  "no-conditional-comment": "off", // Outlook reads them
  "no-deprecated-attr": "off", // tables are laid out with them, for Outlook
  "no-inline-style": "off", // mail clients drop style sheets
  "prefer-native-element": "off", // mail clients drop <article>, not its role
  "void-style": "off", // <br /> and <br> are the same
};
let html = "";
for await (const chunk of process.stdin) html += chunk;
const report = await new HtmlValidate({ extends: ["html-validate:recommended"], rules }).validateString(html);
const found = report.results.flatMap((one) => one.messages.map((it) => `${it.ruleId} ${it.line}:${it.column} ${it.message}`));
process.stdout.write(JSON.stringify(found));
