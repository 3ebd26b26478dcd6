// Turns answers of the Content API into HTML; each switch handles every type, or the program does not compile.
import type { components } from "./api.js";

type Schemas = components["schemas"];
export type Block = Schemas["Block"];
export type PageDetail = Schemas["PageDetail"];
export type PageSummary = Schemas["PageSummary"];

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
]);

export function escape(words: string): string {
  return words.replace(/[&<>"]/g, (mark) => ESCAPES.get(mark) ?? mark);
}

export function renderPage(page: PageDetail): string {
  const trail = page.ancestors.map((each) => `<a href="${escape(each.path)}">${escape(each.title)}</a>`);
  const others = page.translations.map(
    (each) => `<link rel="alternate" hreflang="${escape(each.locale)}" href="${escape(each.url)}">`,
  );
  return [
    `<html lang="${escape(page.locale)}">`,
    `<title>${escape(page.seo.title)}</title><meta name="description" content="${escape(page.seo.description)}">`,
    ...others,
    `<nav>${trail.join(" / ")}</nav><h1>${escape(page.title)}</h1>`,
    page.image ? renderPicture(page.image) : "",
    `<p>${escape(page.summary)}</p>`,
    renderFacts(page),
    ...page.body.map(renderBlock),
    page.themes.map((theme) => `<b style="color: ${escape(theme.colour)}">${escape(theme.name)}</b>`).join(" "),
  ].join("\n");
}

/** Return the fields that only pages of this type have. */
function renderFacts(page: PageDetail): string {
  switch (page.type) {
    case "home":
      return `<p>${escape(page.tagline)}</p>`;
    case "activity":
      return `<time datetime="${page.starts_at}">${new Date(page.starts_at).toUTCString()}</time>, ${escape(page.place)}`;
    case "person":
      return `${escape(page.function)} <a href="mailto:${escape(page.email)}">${escape(page.email)}</a>`;
    case "archive-item":
      return `${page.kind}, ${page.year} ${page.document ? renderDocument(page.document, page.title) : ""}`;
    case "issue":
      return page.editions.map((edition) => `<p lang="${edition.language}">${escape(edition.subject)}</p>`).join("");
    case "theme":
    case "newsletter":
    case "article":
    case "archive":
    case "partnership":
    case "role":
    case "team":
    case "theme-index":
      return "";
    default:
      return unknown(page);
  }
}

export function renderBlock(block: Block): string {
  switch (block.type) {
    case "heading":
      return `<h${block.level}>${escape(block.text)}</h${block.level}>`;
    case "text":
      return block.html;
    case "image":
      return `<figure>${renderPicture(block.image)}<figcaption>${escape(block.caption)}</figcaption></figure>`;
    case "quote":
      return `<blockquote>${escape(block.text)}<cite>${escape(block.attribution)}</cite></blockquote>`;
    case "button":
      return `<a class="button" href="${escape(block.link.href)}">${escape(block.label)}</a>`;
    case "document":
      return renderDocument(block.document, block.label);
    case "embed":
      return `<figure><a href="${escape(block.embed.url)}">${escape(block.embed.title)}</a></figure>`;
    case "related":
      return block.pages.map((page) => `<a href="${escape(page.path)}">${escape(page.title)}</a>`).join(" ");
    case "callout":
      return `<aside class="${block.kind}"><p>${escape(block.title)}</p>${block.html}</aside>`;
    case "accordion":
      return block.items.map((item) => `<details><summary>${escape(item.question)}</summary>${item.html}</details>`).join("");
    case "figures":
      return block.figures.map((figure) => `<p><b>${escape(figure.value)}</b> ${escape(figure.label)} ${escape(figure.note)}</p>`).join("");
    case "timeline":
      return block.entries
        .map((entry) => `<p>${escape(entry.when)}: ${escape(entry.title)}</p>${entry.html}${entry.image ? renderPicture(entry.image) : ""}`)
        .join("");
    case "gallery":
      return block.pictures.map((picture) => `${renderPicture(picture.image)}<p>${escape(picture.caption)}</p>`).join("");
    case "cards":
      return block.cards
        .map((card) => `<p>${escape(card.title)}</p>${card.link ? `<a href="${escape(card.link.href)}">${escape(card.link.text)}</a>` : ""}`)
        .join("");
    case "table":
      return renderTable(block);
    case "media":
      return `<p>${escape(block.title)}</p>${block.document ? renderDocument(block.document, block.title) : ""}${block.transcript_html}`;
    case "people":
      return block.people.map((person) => `<a href="${escape(person.path)}">${escape(person.title)}</a> ${escape(person.function)}`).join(" ");
    case "activities":
      return block.activities.map((each) => `<a href="${escape(each.path)}">${escape(each.title)}</a> ${each.starts_at}`).join(" ");
    case "sign_up":
      return `<a href="${escape(block.sign_up_path)}">${escape(block.title)}</a>`;
    default:
      return unknown(block);
  }
}

function renderTable(table: Extract<Block, { type: "table" }>): string {
  const rows = table.rows.map(({ cells }) => {
    const shown = cells.map((cell) => {
      switch (cell.type) {
        case "text":
          return escape(cell.text);
        case "number":
          return `${cell.number ?? ""}`;
        case "rich_text":
          return cell.html;
        default:
          return unknown(cell);
      }
    });
    return `<tr>${shown.map((words) => `<td>${words}</td>`).join("")}</tr>`;
  });
  const head = table.columns.map((column) => `<th scope="col">${escape(column.heading)}</th>`).join("");
  return `<table><caption>${escape(table.caption)}</caption><tr>${head}</tr>${rows.join("")}</table>`;
}

export function renderPicture(image: Schemas["Image"]): string {
  const sources = image.sources.map((source) => {
    const srcset = source.srcset.map((file) => `${file.url} ${file.width}w`).join(", ");
    return `<source type="${source.mime_type}" srcset="${escape(srcset)}" sizes="100vw">`;
  });
  const { focal_point: point } = image;
  const position = point ? ` style="object-position: ${point.x * 100}% ${point.y * 100}%"` : "";
  const size = `width="${image.src_width}" height="${image.src_height}"`;
  const fallback = `<img src="${escape(image.src)}" alt="${escape(image.alt)}" ${size}${position}>`;
  return `<picture>${sources.join("")}${fallback}</picture>`;
}

function renderDocument(document: Schemas["Document"], label: string): string {
  const size = document.size === null ? "" : `, ${Math.ceil(document.size / 1024)} kB`;
  return `<a href="${escape(document.url)}" download>${escape(label)} (${document.extension}${size})</a>`;
}

function unknown(value: never): never {
  throw new Error(`The website was built for an older contract: ${JSON.stringify(value)}`);
}
