// Walks a hub's site as a website would, starting at its front page, and prints what it has seen as JSON.
import process from "node:process";

import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";
import { type PageDetail, type PageSummary, renderPage } from "./render.js";

type PageRef = components["schemas"]["PageRef"];
type Language = PageRef["locale"];
type Query = NonNullable<paths["/api/v1/pages"]["get"]["parameters"]["query"]>;
type Type = PageDetail["type"];

const base = process.argv[2] ?? "http://localhost:8000";
const client = createClient<paths, "application/json" | "application/problem+json">({ baseUrl: base });
const seen = new Map<string, PageDetail>();
const listed = new Map<number, PageSummary>();
const blocks: Record<string, number> = {};
const missing: string[] = [];
let redirects = 0;
let pictures = 0;

/** Return the page at this path, after at most one redirect. */
async function open(path: string): Promise<PageDetail> {
  const known = seen.get(path);
  if (known) return known;
  const { data, error } = await client.GET("/api/v1/resolve", { params: { query: { path } } });
  if (error) throw new Error(`${path}: ${error.status} ${error.title}, nearest is ${error.nearest ?? "nothing"}`);
  if (data.status === "redirect") {
    redirects += 1;
    return open(data.location);
  }
  if (data.status !== "page") throw new Error(`${path} is a page no longer.`);
  note(path, data.page);
  return data.page;
}

function note(path: string, page: PageDetail): void {
  seen.set(path, page);
  const html = renderPage(page);
  pictures += html.split("<picture>").length - 1;
  for (const block of page.body) blocks[block.type] = (blocks[block.type] ?? 0) + 1;
  if (page.path !== path) missing.push(`${path} gives the page of ${page.path}`);
  if (html.includes("undefined")) missing.push(`${path} shows something undefined`);
}

/** Return all pages that fit, slice by slice. */
async function list(query: Query): Promise<PageSummary[]> {
  const items: PageSummary[] = [];
  for (;;) {
    const { data, error } = await client.GET("/api/v1/pages", {
      params: { query: { ...query, limit: 50, offset: items.length } },
    });
    if (error) throw new Error(`${JSON.stringify(query)}: ${JSON.stringify(error)}`);
    items.push(...data.items);
    for (const item of data.items) listed.set(item.id, item);
    if (data.next === null || data.items.length === 0) return items;
  }
}

async function openAll(query: Query, words: string): Promise<PageDetail[]> {
  const pages: PageDetail[] = [];
  for (const { path } of await list(query)) pages.push(await open(path));
  if (pages.length === 0) missing.push(words);
  return pages;
}

/** Return the whole page of this type from the menu. */
async function chosen<T extends Type>(menu: PageRef[], type: T): Promise<Extract<PageDetail, { type: T }>> {
  for (const ref of menu) {
    if (ref.type !== type) continue;
    const page = await open(ref.path);
    if (isOf(page, type)) return page;
  }
  throw new Error(`There is no ${type} in the menu.`);
}

function isOf<T extends Type>(page: PageDetail, type: T): page is Extract<PageDetail, { type: T }> {
  return page.type === type;
}

async function walkThemes(menu: PageRef[], locale: Language): Promise<void> {
  const index = await chosen(menu, "theme-index");
  const themes = await openAll({ parent: index.id, type: ["theme"] }, `themes in ${locale}`);
  for (const theme of themes) {
    if (theme.type !== "theme") continue;
    const query = { theme: [theme.theme], locale } satisfies Query;
    await openAll({ ...query, type: ["article"] }, `articles on ${theme.theme} in ${locale}`);
    await openAll({ ...query, type: ["activity"], starts_from: "2000-01-01T00:00:00Z" }, `activities of ${theme.theme}`);
  }
}

async function walkArchive(menu: PageRef[], locale: Language): Promise<void> {
  const archive = await chosen(menu, "archive");
  const items = await openAll({ parent: archive.id }, `items of the archive in ${locale}`);
  const [first] = items;
  if (first?.type !== "archive-item") throw new Error("The archive holds no items.");
  const alike = await list({ parent: archive.id, kind: first.kind, year: first.year });
  if (!alike.some((item) => item.id === first.id)) missing.push(`${first.path} by its kind and year`);
}

async function walkNewsletter(menu: PageRef[], locale: Language): Promise<void> {
  const { newsletter: slug } = await chosen(menu, "newsletter");
  const newsletter = await client.GET("/api/v1/newsletters/{slug}", { params: { path: { slug } } });
  const language = newsletter.data?.languages.find((each) => each.language === locale);
  if (!language?.consent_wording) missing.push(`what subscribers agree to in ${locale}`);
  const issues = await client.GET("/api/v1/newsletters/{slug}/issues", {
    params: { path: { slug }, query: { locale } },
  });
  const [latest] = issues.data?.items ?? [];
  if (!latest) throw new Error("No issue was sent.");
  const issue = await client.GET("/api/v1/newsletters/{slug}/issues/{issue}", {
    params: { path: { slug, issue: latest.slug } },
  });
  const edition = issue.data?.editions.find((each) => each.language === locale);
  if (!edition?.html.includes("<html")) missing.push(`the issue ${latest.slug} in ${locale}`);
  const page = await client.GET("/api/v1/pages/{page_id}", { params: { path: { page_id: latest.id } } });
  if (page.data) await open(page.data.path);
}

/** Check that each page links to its translations, and that they link back to it. */
async function walkTranslations(): Promise<void> {
  for (const page of [...seen.values()]) {
    for (const ref of page.translations) {
      const other = await open(ref.path);
      if (other.locale !== ref.locale) missing.push(`${ref.path} is not in ${ref.locale}`);
      if (!other.translations.some((each) => each.id === page.id)) missing.push(`the way back from ${ref.path}`);
    }
  }
}

function counts(): Record<string, Record<string, number>> {
  const found: Record<string, Record<string, number>> = {};
  for (const page of seen.values()) {
    const ofLanguage = (found[page.locale] ??= {});
    ofLanguage[page.type] = (ofLanguage[page.type] ?? 0) + 1;
  }
  return found;
}

async function walk(): Promise<void> {
  const first = await open("/");
  const homes = [first, ...(await Promise.all(first.translations.map((each) => open(each.path))))];
  const { data: site } = await client.GET("/api/v1/site");
  for (const home of homes) {
    const menu = site?.navigation.find((each) => each.locale === home.locale);
    if (menu?.home.id !== home.id) throw new Error(`There is no menu in ${home.locale}.`);
    for (const item of menu.items) await open(item.path);
    await walkThemes(menu.items, home.locale);
    const team = await chosen(menu.items, "team");
    await openAll({ parent: team.id, type: ["person"] }, `people in ${home.locale}`);
    await walkArchive(menu.items, home.locale);
    await walkNewsletter(menu.items, home.locale);
  }
  await walkTranslations();
}

await walk();
const summary = { pages: counts(), listed: listed.size, blocks, pictures, redirects, missing };
process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exitCode = missing.length > 0 ? 1 : 0;
