// A website that reads a hub: any page, lists, the newsletter with its archive and sign-up, previews, webhooks, sitemap.
// Node 20 or newer, no packages:  HUB_URL=http://localhost:8000 HUB_WEBHOOK_SECRET=whsec_… node server.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import process from "node:process";

const HUB = process.env.HUB_URL ?? "http://localhost:8000";
const SECRET = process.env.HUB_WEBHOOK_SECRET ?? "";
const PORT = Number(process.env.PORT ?? 3000);
const kept = new Map(); // path of the API → { etag, body, until }

/** Request a path of the API. A fresh cached answer needs no request; an unchanged one comes back as an empty 304. */
async function ask(path) {
  const known = kept.get(path);
  if (known && known.until > Date.now()) return known;
  const answer = await fetch(`${HUB}/api/v1${path}`, { headers: known ? { "If-None-Match": known.etag } : {} });
  const seconds = Number(/max-age=(\d+)/.exec(answer.headers.get("cache-control") ?? "")?.[1] ?? 0);
  const until = Date.now() + seconds * 1000;
  if (answer.status === 304) return Object.assign(known, { until });
  const fresh = { status: answer.status, etag: answer.headers.get("etag"), body: await answer.json(), until };
  if (answer.ok && fresh.etag) kept.set(path, fresh);
  return fresh;
}

const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const link = (page) => `<a href="${escape(page.path)}">${escape(page.title)}</a>`;

function picture(image) {
  if (!image) return "";
  const sources = image.sources.map(
    ({ mime_type, srcset }) => `<source type="${mime_type}" srcset="${srcset.map(({ url, width }) => `${url} ${width}w`).join(", ")}">`,
  );
  return `<picture>${sources.join("")}<img src="${image.src}" alt="${escape(image.alt)}" width="${image.src_width}" height="${image.src_height}"></picture>`;
}

/** Plugins add block and page types: blocks that are unknown here are left out, pages are shown in a plain layout. */
function block(each) {
  switch (each.type) {
    case "heading": return `<h${each.level}>${escape(each.text)}</h${each.level}>`;
    case "text": return each.html;
    case "quote": return `<blockquote>${escape(each.text)}</blockquote>`;
    case "image": return picture(each.image);
    default: return "";
  }
}

const STYLE = `body { font: 1.0625rem/1.6 sans-serif; margin: auto; max-width: 44rem; padding: 1rem; }
nav a { display: inline-block; padding: .25rem .5rem .25rem 0; } img { height: auto; max-width: 100%; }
label { display: block; } iframe { border: 0; height: 80rem; width: 100%; }`;

async function layout(page, more = "") {
  const { body: site } = await ask("/site");
  const menu = site.navigation.find(({ locale }) => locale === page.locale);
  const languages = page.translations.map(({ path, locale }) => `<a href="${path}" hreflang="${locale}">${locale}</a>`);
  return `<!doctype html><html lang="${page.locale}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(page.title)}</title><style>${STYLE}</style>
<nav>${(menu?.items ?? []).map(link).join(" ")} ${languages.join(" ")}</nav>
<main><h1>${escape(page.title)}</h1>${picture(page.image)}<p>${escape(page.summary)}</p>${page.body.map(block).join("")}${more}</main></html>`;
}

async function below(page) {
  const { body } = await ask(`/pages?parent=${page.id}&limit=100`);
  return `<ul>${body.items.map((item) => `<li>${link(item)} ${escape(item.summary)}</li>`).join("")}</ul>`;
}

async function newsletter(page, said = "") {
  const slug = page.newsletter;
  const [{ body: site }, { body: letter }, { body: issues }] = await Promise.all([
    ask("/site"), ask(`/newsletters/${slug}`), ask(`/newsletters/${slug}/issues?locale=${page.locale}`),
  ]);
  const words = letter.languages.find(({ language }) => language === page.locale);
  const statement = words?.privacy_statement ? `<a href="${escape(words.privacy_statement.url)}">Privacy statement</a>` : "";
  const themes = site.themes.map(({ slug: key, names }) =>
    `<label><input type="checkbox" name="themes" value="${key}" checked> ${escape(names[page.locale] ?? key)}</label>`);
  return `<p role="status">${escape(said)}</p><form method="post"><label>E-mail <input type="email" name="email" required></label>
${themes.join("")}<input name="leave_empty" hidden tabindex="-1" autocomplete="off"><input type="hidden" name="consent_version" value="${escape(words?.consent_version ?? "")}"><p>${escape(words?.consent_wording ?? "")} ${statement}</p><button>Subscribe</button></form>
<ul>${issues.items.map((issue) => `<li>${issue.issue_date} <a href="?issue=${issue.slug}">${escape(issue.title)}</a></li>`).join("")}</ul>`;
}

/** Show an issue as it was mailed, in a frame that runs no scripts; use the edition's `blocks` for a layout of your own. */
async function issue(page, slug) {
  const { status, body } = await ask(`/newsletters/${page.newsletter}/issues/${encodeURIComponent(slug)}`);
  if (status !== 200) return { status, html: "<p>There is no such issue.</p>" };
  const edition = body.editions.find(({ language }) => language === page.locale) ?? body.editions[0];
  const frame = `<iframe sandbox="allow-popups" title="${escape(edition.title)}" srcdoc="${escape(edition.html)}"></iframe>`;
  return { status, html: await layout({ ...page, title: edition.title, summary: "", image: null, body: [] }, frame) };
}

async function subscribe(page, form) {
  const answer = await fetch(`${HUB}/api/v1/newsletters/${page.newsletter}/subscriptions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      email: form.get("email"), themes: form.getAll("themes"), language: page.locale, leave_empty: form.get("leave_empty") ?? "",
      consent_version: form.get("consent_version") ?? "",
    }),
  });
  const body = await answer.json(); // `detail` in any case; 422 has `errors` by field, 429 a Retry-After
  return { status: answer.status, said: body.errors?.map(({ message }) => message).join(" ") ?? body.detail };
}

async function show(path, { form, chosen }) {
  const { status, body } = await ask(`/resolve?path=${encodeURIComponent(path)}`);
  if (status !== 200) return { status, html: `<p>Nothing is here. <a href="${body.nearest ?? "/"}">Go on</a></p>` };
  if (body.status === "redirect") return { status: body.permanent ? 308 : 307, headers: { Location: body.location } };
  if (body.status === "gone") return { status: 410, html: "<p>This page is gone.</p>" };
  const { page } = body;
  if (page.type !== "newsletter") return { status: 200, html: await layout(page, await below(page)) };
  if (chosen) return issue(page, chosen);
  const done = form && (await subscribe(page, form));
  return { status: done?.status ?? 200, html: await layout(page, await newsletter(page, done?.said)) };
}

async function preview(token) {
  const answer = await fetch(`${HUB}/api/v1/preview/${encodeURIComponent(token)}`);
  const body = await answer.json();
  const headers = {
    "Cache-Control": "private, no-store", "Content-Security-Policy": `frame-ancestors ${HUB}`,
    "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex",
  };
  return { status: answer.status, headers, html: answer.ok ? await layout(body) : escape(body.detail) };
}

/** Say whether the message is from the hub and less than five minutes old; the package standardwebhooks does the same. */
function isFromHub(headers, raw) {
  const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(time)) < 300)) return false;
  const key = Buffer.from(SECRET.replace(/^whsec_/, ""), "base64");
  const right = createHmac("sha256", key).update(`${id}.${time}.`).update(raw).digest();
  return signatures.split(" ").some((each) => {
    const given = Buffer.from(each.replace(/^v1,/, ""), "base64");
    return given.length === right.length && timingSafeEqual(given, right);
  });
}

function hear(headers, raw) {
  if (!SECRET || !isFromHub(headers, raw)) return { status: 401 };
  kept.clear(); // or only the answers whose Surrogate-Key has one of JSON.parse(raw).data.surrogate_keys
  return { status: 204 };
}

async function sitemap() {
  const lines = [];
  for (let next = "/sitemap"; next; ) {
    const { body } = await ask(next);
    lines.push(...body.items.map(({ url }) => `<url><loc>${escape(url)}</loc></url>`));
    next = body.next && body.next.slice(body.next.indexOf("/sitemap"));
  }
  const html = `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${lines.join("\n")}</urlset>`;
  return { status: 200, headers: { "Content-Type": "application/xml" }, html };
}

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://website");
  const raw = Buffer.concat(await request.toArray());
  if (pathname === "/hooks/hub") return hear(request.headers, raw);
  if (pathname === "/preview") return preview(searchParams.get("token") ?? "");
  if (pathname === "/sitemap.xml") return sitemap();
  const form = request.method === "POST" ? new URLSearchParams(raw.toString()) : null;
  return show(pathname, { form, chosen: searchParams.get("issue") });
}

createServer(async (request, response) => {
  try {
    const { status, headers, html } = await answer(request);
    response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", ...headers }).end(html);
  } catch (error) {
    console.error(error);
    response.writeHead(502).end("The hub does not answer.");
  }
}).listen(PORT, "127.0.0.1", () => console.log(`http://localhost:${PORT}/`));
