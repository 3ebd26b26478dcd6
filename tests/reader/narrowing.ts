// What must not compile: if a line under @ts-expect-error has no error, tsc reports that.
import type { components } from "./api.js";

type Block = components["schemas"]["Block"];
type IssueBlock = components["schemas"]["NewslettersIssueBlock"];
type PageDetail = components["schemas"]["PageDetail"];
type PageSummary = components["schemas"]["PageSummary"];
type WebhookMessage = components["schemas"]["WebhookMessage"];

export function anyBlock(block: Block): string {
  // @ts-expect-error: only a block of running text has `html`.
  return block.html;
}

export function headingIsNoText(block: Block): string {
  // @ts-expect-error: a heading has `text`.
  return block.type === "heading" ? block.html : "";
}

export function blockOfNoKind(block: Block): boolean {
  // @ts-expect-error: there is no such type, so the comparison is always false.
  return block.type === "marquee";
}

export function anyIssueBlock(block: IssueBlock): string {
  // @ts-expect-error: only a story has a teaser.
  return block.teaser;
}

export function storyHasNoName(block: IssueBlock): string {
  // @ts-expect-error: a story has a title, a person or a signature has a name.
  return block.type === "story" ? block.name : "";
}

export function issuesHaveNoHeadings(block: IssueBlock): boolean {
  // @ts-expect-error: an issue has no headings of its own, so the comparison is always false.
  return block.type === "heading";
}

export function pageMayBeGone(block: IssueBlock): string {
  // @ts-expect-error: a story outlives its page.
  return block.type === "story" ? block.page.path : "";
}

export function anyPage(page: PageDetail): string {
  // @ts-expect-error: only an activity has a place.
  return page.place;
}

export function cardsHaveNoBody(page: PageSummary): number {
  // @ts-expect-error: the body is in the detail.
  return page.body.length;
}

export function pictureMayBeMissing(page: PageSummary): string {
  // @ts-expect-error: a page may have no picture.
  return page.image.src;
}

export function onlyMovesHaveAnOldPath(message: WebhookMessage): string {
  // @ts-expect-error: a page that was published did not move.
  return message.type === "page.published" ? message.data.old_path : "";
}

export function purged(message: WebhookMessage): string[] {
  if (message.type === "ping") return [];
  if (message.type === "page.moved") return [message.data.old_path];
  return "surrogate_keys" in message.data ? message.data.surrogate_keys : []; // events about readers are of no page
}

export function narrowed(block: Block, page: PageDetail): string {
  const words = block.type === "text" ? block.html : block.type === "heading" ? block.text : block.type;
  return page.type === "activity" ? `${page.place}: ${words}` : words;
}

// What pages and issues share is one type, so one function can show it.
function quoted(quote: Extract<Block, { type: "quote" }>): string {
  return `${quote.text} (${quote.attribution})`;
}

export function told(page: PageDetail): string[] {
  if (page.type !== "issue") return [];
  return page.editions.flatMap(({ blocks }) =>
    blocks.map((block) => {
      switch (block.type) {
        case "story":
          return block.page ? `${block.title}: ${block.page.path}` : block.title;
        case "person":
          return block.name;
        case "signature":
          return block.function ? `${block.name}, ${block.function}` : block.name;
        case "text":
          return block.html;
        case "quote":
          return quoted(block);
        case "button":
          return `${block.label}: ${block.link.href}`;
        case "image":
          return block.image.alt;
        case "divider":
          return "";
        default:
          return block satisfies never;
      }
    }),
  );
}
