// Compiles the MJML on stdin with the official compiler.
import mjml2html from "mjml";
let source = "";
for await (const chunk of process.stdin) source += chunk;
const { html, errors } = await mjml2html(source, { fonts: {}, validationLevel: "soft" });
process.stdout.write(JSON.stringify({ html, errors: errors.map((one) => one.formattedMessage) }));
